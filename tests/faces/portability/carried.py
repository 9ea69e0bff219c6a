"""What carrying people over is tried with: two owners, their libraries, and who is who in them."""

import io
import json
from typing import Any

import pytest

from faces.models import Cluster, Edit, Face, Membership, Pair, Person, Rejection
from faces.people import naming, placing
from faces.portability.document import read
from faces.portability.exporting import export
from faces.portability.importing import Imported, import_people
from photos.models import Owner, Photo
from tests.factories import make_face, make_owner, make_photo

SHA = [f"{number:064x}" for number in range(10)]
BOX: dict[str, Any] = {"x": 100.0, "y": 50.0, "width": 60.0, "height": 70.0}
BESIDE = BOX | {"x": 300.0}


@pytest.fixture
def owner() -> Owner:
    return make_owner()


@pytest.fixture
def other() -> Owner:
    return make_owner()


def library(owner: Owner, photos: int = 4) -> list[Photo]:
    """Photos of two faces each. The same content, whoever's they are."""
    made = [make_photo(owner=owner, sha256=sha) for sha in SHA[:photos]]
    for photo in made:
        make_face(photo=photo, **BOX)
        make_face(photo=photo, **BESIDE)
    return made


def faces(owner: Owner, edges: dict[str, Any] = BOX) -> list[int]:
    rows = Face.objects.filter(photo__owner=owner, x=edges["x"]).order_by("photo__sha256")
    return list(rows.values_list("pk", flat=True))


def exported(owner: Owner) -> Any:
    file = io.StringIO()
    export(owner, file)
    return json.loads(file.getvalue())


def imported(owner: Owner, document: Any, **options: Any) -> Imported:
    return import_people(owner, read(io.BytesIO(json.dumps(document).encode())), **options)


def who(owner: Owner) -> list[tuple[str, float, str, str]]:
    """Photo, place, person, and how."""
    rows = Membership.objects.filter(
        part__cluster__owner=owner, part__cluster__person__isnull=False
    )
    named = rows.order_by("face__photo__sha256", "face__x")
    return list(
        named.values_list("face__photo__sha256", "face__x", "part__cluster__person__name", "how")
    )


def rows() -> list[Any]:
    tables = (Person, Cluster, Face, Membership, Rejection, Pair, Edit)
    return [list(table._default_manager.order_by("pk").values()) for table in tables]  # noqa: SLF001  # documented


def make_known(owner: Owner) -> Person:
    """Anna is in three photos, once by a match; she is not in the fourth."""
    first, second, third, fourth = faces(owner)
    anna = naming.create(
        owner, "Anna", faces=[first, second], aliases=["Annie"], contact_id="c-1", favourite=True
    )
    cluster = anna.clusters.get()
    Membership.objects.create(face_id=third, part_id=cluster.pk, how="matched", similarity=0.8)
    placing.reject(owner, [fourth], anna)
    placing.answer(owner, first, faces(owner, BESIDE)[1], same=False)
    naming.change(anna, cover=Face.objects.get(pk=second))
    return anna


FACE = {"photo": SHA[0], "box": [1, 2, 3, 4]}
ANNA = {"id": 1, "name": "Anna"}
WRONG: dict[str, tuple[Any, str]] = {
    "no JSON": (b"{", "This is no JSON"),
    "NaN": (b'{"format": NaN}', "This is no JSON"),
    "bytes": (b"\xff\xfe\x00", "This is no JSON"),
    "deep": (b"[" * 10**5, "This is no JSON"),
    "a list": ([], "format"),
    "another format": ({"format": "contacts"}, "format"),
    "another version": ({"version": 2}, "version"),
    "people that are no list": ({"people": {}}, "people"),
    "somebody who is no object": ({"people": ["Anna"]}, r"people\[0\]"),
    "somebody without an id": ({"people": [{"name": "Anna"}]}, r"people\[0\]: id"),
    "two of one id": ({"people": [ANNA, {"id": 1, "name": "Ben"}]}, "people: two"),
    "nobody's name": ({"people": [ANNA | {"name": "  "}]}, r"people\[0\]: name"),
    "a long name": ({"people": [ANNA | {"name": "x" * 201}]}, r"people\[0\]: name"),
    "a name with NUL": ({"people": [ANNA | {"name": "a\0"}]}, r"people\[0\]: name"),
    "half a letter": ({"people": [ANNA | {"name": "\ud800"}]}, r"people\[0\]: name"),
    "aliases as text": ({"people": [ANNA | {"aliases": "Nan"}]}, r"people\[0\]: aliases"),
    "an alias as a number": ({"people": [ANNA | {"aliases": [1]}]}, r"people\[0\]: aliases"),
    "a long contact id": (
        {"people": [ANNA | {"contact_id": "x" * 256}]}, r"people\[0\]: contact_id",
    ),
    "a flag in words": ({"people": [ANNA | {"hidden": "no"}]}, r"people\[0\]: hidden"),
    "a cover as a number": ({"people": [ANNA | {"cover": 3}]}, r"people\[0\]: cover"),
    "a face of nobody": ({"faces": [FACE | {"how": "manual"}]}, r"faces\[0\]: person"),
    "a face of somebody else": (
        {"people": [ANNA], "faces": [FACE | {"how": "manual", "person": 2}]},
        r"faces\[0\]: person",
    ),
    "a face by magic": (
        {"people": [ANNA], "faces": [FACE | {"how": "magic", "person": 1}]}, r"faces\[0\]: how",
    ),
    "a match of no similarity": (
        {"people": [ANNA], "faces": [FACE | {"how": "matched", "person": 1}]},
        r"faces\[0\]: similarity",
    ),
    "no photo": (
        {"people": [ANNA], "rejections": [FACE | {"photo": "x", "person": 1}]},
        r"rejections\[0\]: photo",
    ),
    "a box of three": (
        {"people": [ANNA], "rejections": [FACE | {"box": [1, 2, 3], "person": 1}]},
        r"rejections\[0\]: box",
    ),
    "a box without area": (
        {"people": [ANNA], "rejections": [FACE | {"box": [1, 2, 0, 3], "person": 1}]},
        r"rejections\[0\]: box",
    ),
    "a box without end": (
        b'{"format": "kindred-people", "version": 1, "people": [{"id": 1, "name": "A"}], '
        b'"rejections": [{"photo": "' + SHA[0].encode() + b'", "box": [1, 2, 3, 1e999], '
        b'"person": 1}]}',
        r"rejections\[0\]: box",
    ),
    "half a pair": ({"pairs": [{"first": FACE, "same": True}]}, r"pairs\[0\]: first, second"),
    "a pair without an answer": (
        {"pairs": [{"first": FACE, "second": FACE}]}, r"pairs\[0\]: same",
    ),
}  # fmt: skip
