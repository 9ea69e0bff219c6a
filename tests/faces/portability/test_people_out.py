"""People as a document, and what a document of them may be."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from faces.errors import DocumentInvalid
from faces.people import naming
from faces.portability.document import read
from photos.models import Owner
from tests.faces.portability.carried import (
    SHA,
    WRONG,
    exported,
    faces,
    library,
    make_known,
    owner,
)
from tests.factories import make_cluster, make_person

__all__ = ["owner"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)  # an export sees one moment


class TestExport:
    def test_says_who_is_where(self, owner: Owner) -> None:
        library(owner)
        anna = make_known(owner)
        make_cluster(owner=owner, faces=2)  # of nobody
        make_cluster(faces=1, person=make_person())  # somebody else's

        document = exported(owner)

        box, beside = [100.0, 50.0, 60.0, 70.0], [300.0, 50.0, 60.0, 70.0]
        assert document == {
            "format": "kindred-people",
            "version": 1,
            "people": [
                {
                    "id": anna.pk,
                    "name": "Anna",
                    "aliases": ["Annie"],
                    "contact_id": "c-1",
                    "favourite": True,
                    "hidden": False,
                    "ignored": False,
                    "unrecognised": False,
                    "cover": {"photo": SHA[1], "box": box},
                }
            ],
            "faces": [
                {"person": anna.pk, "photo": SHA[0], "box": box, "how": "manual"},
                {"person": anna.pk, "photo": SHA[1], "box": box, "how": "manual"},
                {
                    "person": anna.pk, "photo": SHA[2], "box": box, "how": "matched",
                    "similarity": 0.8,
                },
            ],
            "rejections": [{"person": anna.pk, "photo": SHA[3], "box": box}],
            "pairs": [
                {
                    "first": {"photo": SHA[0], "box": box},
                    "second": {"photo": SHA[1], "box": beside},
                    "same": False,
                }
            ],
        }  # fmt: skip

    def test_of_nobody_is_empty(self, owner: Owner) -> None:
        assert exported(owner) == {
            "format": "kindred-people", "version": 1, "people": [], "faces": [], "rejections": [],
            "pairs": [],
        }  # fmt: skip

    @pytest.mark.parametrize("people", [1, 3])
    def test_costs_a_fixed_number_of_queries(
        self, owner: Owner, people: int, django_assert_num_queries: Callable[[int], Any]
    ) -> None:
        library(owner)
        for number in range(people):
            naming.create(owner, f"Person {number}", faces=[faces(owner)[number]])

        with django_assert_num_queries(7):  # BEGIN, SET TRANSACTION and COMMIT among them
            exported(owner)


class TestDocument:
    @pytest.mark.parametrize("wrong", WRONG)
    def test_that_is_wrong_says_where(self, wrong: str) -> None:
        given, place = WRONG[wrong]
        if isinstance(given, dict):
            given = {"format": "kindred-people", "version": 1} | given
        data = given if isinstance(given, bytes) else json.dumps(given).encode()

        with pytest.raises(DocumentInvalid, match=f"^{place}"):
            read(io.BytesIO(data))
