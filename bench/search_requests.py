"""Searching over HTTP: `python -m bench.search_requests URL`, of a service with our database.

Prints milliseconds of requests, and of the bare statements of those that look for a vector.
As JSON.
"""

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from socket import create_connection
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from bench.search_statements import SHARES, bare_of, connect, owner_of, timed
from config.access.keys import Terms, issue
from config.access.scopes import EVERYDAY
from config.models import ApiKey
from inference.arrays import Array
from inference.roles import IMAGE_ENCODER
from photos.models import Owner, Photo, Space
from photos.vectors import load
from search.models import ImageVector
from search.nearest import nearest

QUESTIONS = (
    "Anna at the beach last summer",
    "Anna with a dog in Jakarta, not with Ben",
    "two dogs in Bandung 2019",
    "Budi di pantai tahun lalu",
    "birthday cake with Sari in 2015",
    "cars near Jakarta in March 2021",
    'a sign that says "happy birthday" with Anna',
    "Ben and Anna in Berlin since 2018",
    "only Anna, wedding in Paris",
    "sunset at the sea in Indonesia, without people",
    "kucing di Yogyakarta 2022",
    "boats in Japan before 2020 with Dewi",
)
LIMIT = 10
WARM_UPS, ROUNDS = 3, 10  # of all questions, and of as many vectors
_KEY = "bench"
_POINTS = "/collections/image_embeddings/points/search"
_AT_ONCE = 2**16  # bytes
_LENGTH = b"content-length: "
_TOLD = 1000  # bytes of an answer that is none
_PATIENCE_S = 60


class Client:
    """One that costs next to nothing: those of libraries cost milliseconds, which are not ours."""

    def __init__(self, url: str, secret: str) -> None:
        where = urlsplit(url)
        self._address, self._secret = (where.hostname, where.port), secret
        self._connection = create_connection(self._address, _PATIENCE_S)

    def close(self) -> None:
        self._connection.close()

    def posting(self, path: str, asked: object) -> Callable[[], None]:
        """What sends `asked`, and takes the answer in."""
        body = json.dumps(asked)
        lines = (
            f"POST {path} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {self._secret}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        )
        return partial(self._post, "\r\n".join([*lines, "", body]).encode())

    def _post(self, request: bytes) -> None:
        said = self._answer(request)
        if not said:  # it hangs up on whoever is silent for seconds
            self.close()
            self._connection = create_connection(self._address, _PATIENCE_S)
            said = self._answer(request)
        if not said.startswith(b"HTTP/1.1 200 "):
            sys.exit(f"The service answers {said[:_TOLD].decode()!r}")

    def _answer(self, request: bytes) -> bytes:
        self._connection.sendall(request)
        said = b""
        while len(said) < _length(said) and (more := self._connection.recv(_AT_ONCE)):
            said += more
        return said


def _length(said: bytes) -> int:
    """Of the whole answer, as far as that is known from its beginning."""
    head, end, _ = said.partition(b"\r\n\r\n")
    if not end:
        return len(said) + 1
    [length] = (line for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH))
    return len(head) + len(end) + int(length.removeprefix(_LENGTH))


def measure(url: str) -> dict[str, Any]:
    """By share of the owner: milliseconds of the doors, and of the statements behind one."""
    took: dict[int, dict[str, list[float]]] = {}
    connect()
    for share in SHARES:
        owner = owner_of(share)
        with closing(Client(url, _secret(owner))) as client:
            took[share] = _of_owner(owner, client)
    return {"ms": took, "n": ROUNDS * len(QUESTIONS)}


def _of_owner(owner: Owner, client: Client) -> dict[str, list[float]]:
    space, vectors = Space.objects.get(role=IMAGE_ENCODER.name), _vectors(owner)
    asked = [partial(nearest, owner, space, each, limit=LIMIT) for each in vectors]
    questions = [client.posting("/api/v1/search/", {"q": each}) for each in QUESTIONS]
    near = [client.posting(_POINTS, _near(each)) for each in vectors]
    bare = [bare_of(each) for each in asked]
    return {**_in_turn(questions=questions), **_in_turn(vectors=near, bare=bare)}


def _in_turn(**doors: Sequence[Callable[[], object]]) -> dict[str, list[float]]:
    """Milliseconds of the acts of each, in the same order: each round meets the same machine.

    The first rounds do not count: things are read, and statements planned, on each connection.
    """
    took: dict[str, list[float]] = {name: [] for name in doors}
    for number in range(-WARM_UPS, ROUNDS):
        for name, acts in doors.items():
            times = [timed(act) for act in acts]
            took[name] += times if number >= 0 else []
    return took


def _secret(owner: Owner) -> str:
    user, _ = get_user_model().objects.get_or_create(username=owner.subject)
    Owner.objects.filter(pk=owner.pk).update(user=user)
    ApiKey.objects.filter(user=user, name=_KEY).delete()
    _, secret = issue(Terms(_KEY, user, EVERYDAY))
    return secret


def _vectors(owner: Owner) -> Array:
    """Of some of the owner's photos: (n, d)."""
    photos = Photo.objects.of(owner).order_by("sha256")[: len(QUESTIONS)]
    _, vectors = load(ImageVector.objects.filter(photo__in=photos.values("pk")), of="photo_id")
    return vectors


def _near(vector: Array) -> object:
    return {"vector": vector.tolist(), "limit": LIMIT}


def main(url: str) -> None:
    sys.stdout.write(json.dumps(measure(url)))


if __name__ == "__main__":
    main(*sys.argv[1:])
