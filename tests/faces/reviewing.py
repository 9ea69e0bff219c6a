"""A house in which each kind of question is asked."""

from typing import Any

from rest_framework.test import APIClient

from faces.models import Cluster, Face
from faces.people import placing
from inference.arrays import Array
from photos.models import Owner, Space
from tests.faces.house import cluster_of, join

URL = "/api/v1/faces/review"


class House:
    """An owner's clusters, and what staff are asked of them."""

    def __init__(self, api: APIClient, owner: Owner, space: Space) -> None:
        self.api, self.owner, self.space = api, owner, space

    def cluster(self, *vectors: Array, **values: Any) -> Cluster:
        return cluster_of(self.owner, self.space, *vectors, **values)

    def join(self, cluster: Cluster, vector: Array, similarity: float) -> Face:
        return join(cluster, vector, similarity)

    def ask(self, kind: str, **query: str) -> list[dict[str, Any]]:
        answer = self.api.get(URL, {"kind": kind, **query})
        assert answer.status_code == 200
        questions: list[dict[str, Any]] = answer.json()["results"]
        return questions

    def answer(self, question: dict[str, Any], *, same: bool) -> None:
        first, second = (question[side]["face"]["id"] for side in ("first", "second"))
        placing.answer(self.owner, first, second, same=same)
