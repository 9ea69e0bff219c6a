"""Pages of the desk ask the database as often, and are as long, however much there is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.photo_admin import OBJECTS_DRAWN
from faces.models import Cluster, Edit, Erasure, Face, Membership, Person, Rejection
from faces.people import naming
from jobs.models import Removal
from jobs.operations import current_recipes
from photos.models import Owner, Photo, Space
from photos.operations import OBJECTS, OCR
from tests.factories import make_face, make_owner, make_person, make_photo, make_space
from tests.search.findings import make_active, make_line, make_object

pytestmark = pytest.mark.django_db
ROLES = ("face_detector", "object_detector", "text_detector", "text_orienter", "text_recognizer")
M = TypeVar("M", bound=Model)
ROWS = (1, 3, 1000)
LONGEST = 400_000  # bytes of a page
# With one row of everything, with three, and with so many that pages end and rows are estimated.
QUERIES = {
    "home": [22, 23, 23],
    "clusters": [6, 6, 8],
    "doubtful clusters": [6, 6, 8],
    "faces": [5, 5, 7],
    "faces by quality": [5, 5, 7],
    "people": [5, 5, 7],
    "edits": [9, 9, 11],
    "erasures": [5, 5, 6],
    "removals": [5, 5, 6],
    "photos": [7, 7, 9],
    "review": [21, 21, 24],  # then a worker is asked for more
    "photo": [14, 14, 14],
    "person": [34, 34, 35],
    "cluster": [6, 6, 6],
    "edit": [11, 11, 11],
}


@dataclass(frozen=True)
class Library:
    """One person, who is in many photos with others; a photo of many; and the edits of all."""

    owner: Owner
    space: Space
    anna: Person
    hers: Cluster
    photo: Photo
    edit: Edit

    @classmethod
    def build(cls) -> "Library":
        make_active(*ROLES)
        owner, space = make_owner(), make_space(same_person_cosine=0.5)
        anna = make_person(owner=owner, name="Anna")
        hers = Cluster.objects.create(owner=owner, space=space, person=anna)
        make_face(cluster=hers)
        naming.name_cluster(Cluster.objects.create(owner=owner), "Ben")
        edit = Edit.objects.get()
        return cls(owner, space, anna, hers, make_photo(owner=owner), edit)

    def fill(self, count: int) -> None:
        """Have `count` of everything more."""
        photos = self._photos(count)
        faces = copies(make_face(photo=photos[0]), count, photo_id=keys_of(photos))
        self._members(faces, lambda _: self.hers, how="matched")
        friends = copies(
            make_person(owner=self.owner), count, name=lambda row: f"F {self._at(row)}"
        )
        clusters = Cluster.objects.bulk_create(
            Cluster(owner=self.owner, person=friend) for friend in friends
        )
        beside = copies(make_face(photo=photos[0]), count, photo_id=keys_of(photos))
        self._members(beside, clusters.__getitem__)
        strangers = copies(make_face(photo=photos[0]), count, photo_id=keys_of(photos))
        alone = Cluster.objects.bulk_create(Cluster(owner=self.owner) for _ in strangers)
        self._members(strangers, alone.__getitem__)
        Rejection.objects.bulk_create(Rejection(face=face, person=self.anna) for face in strangers)
        keys = [face.pk for face in faces]
        copies(self.edit, count, people=lambda _: [self.anna.pk], faces=lambda _: keys)
        Erasure.objects.bulk_create(Erasure(owner=self.owner, person=1) for _ in range(count))
        Removal.objects.bulk_create(
            Removal(owner=self.owner, why=Removal.Why.ASKED, photos=[]) for _ in range(count)
        )
        self._found(count)

    def addresses(self) -> dict[str, str]:
        newest = Edit.objects.latest("pk").pk
        return {
            "home": "/admin/",
            "clusters": "/admin/faces/cluster/",
            "doubtful clusters": "/admin/faces/cluster/?first=doubt",
            "faces": "/admin/faces/face/",
            "faces by quality": "/admin/faces/face/?o=-6",
            "people": "/admin/faces/person/",
            "edits": "/admin/faces/edit/",
            "erasures": "/admin/faces/erasure/",
            "removals": "/admin/jobs/removal/",
            "photos": "/admin/photos/photo/",
            "review": f"/admin/review/?owner={self.owner.pk}&kind=assignments",
            "photo": f"/admin/photos/photo/{self.photo.pk}/change/",
            "person": f"/admin/faces/person/{self.anna.pk}/change/",
            "cluster": f"/admin/faces/cluster/{self.hers.pk}/change/",
            "edit": f"/admin/faces/edit/{newest}/change/",
        }

    def _at(self, row: int) -> int:
        return Person.objects.count() + row

    def _photos(self, count: int) -> list[Photo]:
        start = Photo.objects.count()
        return copies(make_photo(owner=self.owner), count, sha256=lambda row: f"{start + row:064x}")

    def _members(
        self, faces: Sequence[Face], cluster: Callable[[int], Cluster], how: str = "clustered"
    ) -> None:
        Membership.objects.bulk_create(
            Membership(face=face, part_id=cluster(row).pk, how=how, similarity=0.8)
            for row, face in enumerate(faces)
        )

    def _found(self, count: int) -> None:
        """In one photo."""
        recipes, start = current_recipes(), self.photo.faces.count()
        copies(make_face(photo=self.photo), count, y=lambda row: start + row)
        copies(make_object(photo=self.photo, recipe=recipes[OBJECTS]), count)
        line = make_line(photo=self.photo, recipe=recipes[OCR], position=10_000)
        copies(line, count, position=lambda row: start + row)


def copies(row: M, count: int, **values: Callable[[int], object]) -> list[M]:
    """`count` rows like `row`, which goes if it is no edit; with `values` by their numbers."""
    model = type(row)
    fields = {
        field.attname: getattr(row, field.attname)
        for field in model._meta.concrete_fields  # noqa: SLF001  # Django documents it
        if not (field.primary_key or field.generated)
    }
    if not isinstance(row, Edit):
        row.delete()
    new = [
        model(**fields | {name: value(number) for name, value in values.items()})
        for number in range(count)
    ]
    return model._default_manager.bulk_create(new)  # noqa: SLF001  # documented


def keys_of(rows: Sequence[Model]) -> Callable[[int], Any]:
    return lambda row: rows[row].pk


def asked(client: Client, address: str) -> tuple[int, int]:
    """How many queries a page takes, and how long it is."""
    client.get(address)  # what is remembered is
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(queries), len(response.content)


def test_pages_cost_the_same_however_much_there_is(admin_client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE photos_photo")  # what another test had in it is not known for ever
    library, told = Library.build(), dict[str, list[int]]()
    for row, rows in enumerate(ROWS):
        library.fill(rows - (0, *ROWS)[row])
        for name, address in library.addresses().items():
            queries, length = asked(admin_client, address)
            told.setdefault(name, []).append(queries)
            assert length < LONGEST, name

    assert told == QUERIES


def test_a_photo_of_many_draws_the_surest_and_says_so(admin_client: Client) -> None:
    library = Library.build()
    library.fill(300)

    page = admin_client.get(library.addresses()["photo"]).content.decode()

    assert page.count('<a id="detectedobject-') == OBJECTS_DRAWN
    for what in ("faces are drawn", "objects are drawn: the surest", "lines of text are drawn"):
        assert f"200 of 300 {what}" in page
