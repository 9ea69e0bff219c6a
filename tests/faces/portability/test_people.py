"""People as a document: out of one library, and into another one."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from faces.errors import DocumentInvalid
from faces.models import Cluster, Edit, Face, FaceVector, Membership, Pair, Person, Rejection
from faces.people import naming, placing
from faces.people.editing import undo
from faces.portability.document import FORMAT, VERSION, read
from faces.portability.exporting import export
from faces.portability.importing import MAX_TOLD, Imported, import_people
from photos.models import Owner, Photo
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo, unit

pytestmark = pytest.mark.django_db(transaction=True)  # an export sees one moment

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


class TestImport:
    def test_names_the_same_faces_of_the_same_photos(self, owner: Owner, other: Owner) -> None:
        library(owner)
        library(other)
        make_known(owner)

        report = imported(other, exported(owner))

        assert who(other) == who(owner)
        anna = Person.objects.get(owner=other)
        assert (anna.name, anna.aliases, anna.contact_id) == ("Anna", ["Annie"], "c-1")
        assert (anna.favourite, anna.cover_id) == (True, faces(other)[1])
        assert Rejection.objects.get(person=anna).face_id == faces(other)[3]
        pair = Pair.objects.of(other).get()
        assert {pair.first_id, pair.second_id} == {faces(other)[0], faces(other, BESIDE)[1]}
        assert report == Imported(
            dry_run=False, edit=Edit.objects.of(other).get().pk, people_created=1, faces_given=3,
            rejections=1, pairs=1,
        )  # fmt: skip

    def test_gives_the_same_export(self, owner: Owner, other: Owner) -> None:
        library(owner)
        library(other)
        make_known(owner)
        before = exported(owner)

        imported(other, before)

        [anna], after = Person.objects.filter(owner=other), exported(other)
        for entry in (*before["people"], *before["faces"], *before["rejections"]):
            entry["id" if "id" in entry else "person"] = anna.pk
        assert after == before

    def test_twice_changes_nothing(self, owner: Owner, other: Owner) -> None:
        library(owner)
        library(other)
        make_known(owner)
        document = exported(owner)
        imported(other, document)
        before = rows()

        report = imported(other, document)

        assert rows() == before
        assert report == Imported(dry_run=False, people_known=1, faces_known=3)

    def test_into_the_library_that_it_is_from_changes_nothing(self, owner: Owner) -> None:
        library(owner)
        make_known(owner)
        before = rows()

        report = imported(owner, exported(owner))

        assert rows() == before
        assert report.edit is None

    def test_can_be_undone(self, owner: Owner, other: Owner) -> None:
        library(owner)
        library(other)
        make_known(owner)
        before = rows()[:-1]

        report = imported(other, exported(owner))
        assert report.edit
        undo(other, report.edit, None)

        assert rows()[:-1] == before

    def test_tried_out_changes_nothing_and_says_the_same(self, owner: Owner, other: Owner) -> None:
        library(owner)
        library(other)
        make_known(owner)
        document, before = exported(owner), rows()

        tried = imported(other, document, dry_run=True)

        assert rows() == before
        done = imported(other, document)
        assert (tried.dry_run, tried.edit) == (True, None)
        tried.dry_run, tried.edit = done.dry_run, done.edit
        assert tried == done

    def test_finds_faces_that_another_detector_has_found(self, owner: Owner, other: Owner) -> None:
        library(owner)
        make_known(owner)
        for sha in SHA[:2]:
            make_face(
                photo=make_photo(owner=other, sha256=sha), x=95.0, y=40.0, width=70.0, height=85.0
            )

        report = imported(other, exported(owner))

        assert [place[:3] for place in who(other)] == [(sha, 95.0, "Anna") for sha in SHA[:2]]
        assert (report.photos_missing, report.faces_missing) == (2, 1)

    def test_finds_people_by_contact_id_or_any_name(self, owner: Owner, other: Owner) -> None:
        library(owner)
        library(other)
        naming.create(owner, "Anna", contact_id="c-1", hidden=True)
        naming.create(owner, "Ben", aliases=["Benny"])
        anna = make_person(owner=other, name="Anna Smith", contact_id="c-1", favourite=True)
        ben = make_person(owner=other, name="Benny")

        report = imported(other, exported(owner))

        assert (report.people_created, report.people_known) == (0, 2)
        anna.refresh_from_db()
        ben.refresh_from_db()
        assert (anna.name, anna.aliases, anna.favourite, anna.hidden) == (
            "Anna Smith", ["Anna"], True, True,
        )  # fmt: skip
        assert (ben.name, ben.aliases) == ("Benny", ["Ben"])

    def test_tells_of_whom_it_cannot_tell_apart(self, owner: Owner, other: Owner) -> None:
        library(owner)
        library(other)
        naming.create(owner, "Anna", contact_id="c-1", faces=[faces(owner)[0]])
        make_person(owner=other, name="Ben", contact_id="c-1")
        make_person(owner=other, name="Anna")
        before = rows()

        report = imported(other, exported(owner))

        assert rows() == before
        why = "who is somebody else: merge them, or correct one."
        assert report.conflicts == [f"Anna: the contact id 'c-1' is Ben's here, {why}"]

    def test_keeps_names_and_contact_ids_that_are_taken(self, owner: Owner, other: Owner) -> None:
        naming.create(owner, "Anna", aliases=["Nan"], contact_id="c-1")
        make_person(owner=other, name="Anna", contact_id="c-2")
        make_person(owner=other, name="Ben", aliases=["Nan"])

        report = imported(other, exported(owner))

        assert report.conflicts == [
            "Anna: Ben goes by 'Nan' here already.", "Anna: the contact id stays 'c-2' here.",
        ]  # fmt: skip

    def test_does_not_fight_what_was_said_here(self, owner: Owner, other: Owner) -> None:
        library(owner)
        library(other)
        naming.create(owner, "Anna", faces=faces(owner)[:3])
        anna = naming.create(other, "Anna", faces=[faces(other, BESIDE)[2]])
        naming.create(other, "Ben", faces=[faces(other)[0]])
        placing.reject(other, [faces(other)[1]], anna)
        before = rows()

        report = imported(other, exported(owner))

        assert rows() == before
        first, second, third, _ = faces(other)
        assert report.conflicts == [
            f"Anna: face {first} is not given: here it is somebody else's face.",
            f"Anna: face {second} is not given: here somebody has said that it is not this person.",
            f"Anna: face {third} is not given: here the person has another face in the photo.",
        ]

    def test_leaves_out_who_is_left_out_here(self, owner: Owner, other: Owner) -> None:
        library(owner)
        library(other)
        naming.create(owner, "Anna", faces=faces(owner)[:1])
        [left_out] = faces(other)[:1]
        placing.ignore(other, [left_out])

        report = imported(other, exported(owner))

        [conflict] = report.conflicts
        assert conflict.startswith(f"Anna: face {left_out} is not given")
        assert conflict.endswith("somebody has said that this face is left out.")
        assert Face.objects.get(pk=left_out).cluster is None

    def test_does_not_fight_verdicts_here(self, owner: Owner, other: Owner) -> None:
        library(owner)
        library(other)
        make_known(owner)
        naming.create(other, "Anna", faces=[faces(other)[3]])
        placing.answer(other, faces(other)[0], faces(other, BESIDE)[1], same=True)

        report = imported(other, exported(owner))

        assert report.conflict_count == 2
        assert not Rejection.objects.filter(person__owner=other).exists()
        assert Pair.objects.of(other).get().same

    def test_goes_before_matches(self, owner: Owner, other: Owner) -> None:
        library(owner)
        library(other)
        naming.create(owner, "Anna", faces=faces(owner)[:2])
        anna = make_cluster(owner=other, person=make_person(owner=other, name="Anna"))
        ben = make_cluster(owner=other, person=make_person(owner=other, name="Ben"))
        for face, cluster in ((faces(other)[0], ben), (faces(other, BESIDE)[1], anna)):
            Membership.objects.create(
                face_id=face, part_id=cluster.pk, how="matched", similarity=0.7
            )

        imported(other, exported(owner))

        assert who(other) == [(sha, 100.0, "Anna", "manual") for sha in SHA[:2]]

    def test_makes_sure_what_was_matched(self, owner: Owner, other: Owner) -> None:
        library(owner)
        library(other)
        naming.create(owner, "Anna", faces=faces(owner)[:1])
        anna = make_cluster(owner=other, person=make_person(owner=other, name="Anna"))
        match = Membership(face_id=faces(other)[0], part_id=anna.pk, how="matched", similarity=0.7)
        match.save()

        imported(other, exported(owner))

        assert who(other) == [(SHA[0], 100.0, "Anna", "manual")]

    def test_does_not_match_for_those_who_are_ignored_here(
        self, owner: Owner, other: Owner
    ) -> None:
        library(owner)
        library(other)
        make_known(owner)
        make_person(owner=other, name="Anna", ignored=True)

        imported(other, exported(owner))

        assert [how for *_, how in who(other)] == ["manual", "manual"]

    def test_forgets_the_looks_of_who_is_not_to_be_recognised(
        self, owner: Owner, other: Owner
    ) -> None:
        library(owner)
        photo = make_photo(owner=other, sha256=SHA[0])
        make_face(photo=photo, vector=unit(1), **BOX)
        make_face(photo=photo, vector=unit(0, 1), **BESIDE)
        naming.create(owner, "Anna", faces=[faces(owner)[0]], unrecognised=True)

        imported(other, exported(owner))

        assert list(FaceVector.objects.values_list("face__x", flat=True)) == [300.0]

    def test_touches_nobody_elses(self, owner: Owner, other: Owner) -> None:
        library(owner)
        make_known(owner)
        before = rows()

        report = imported(other, exported(owner))  # who has none of the photos

        after = rows()
        assert [each for each in after[0] if each["owner_id"] == owner.pk] == before[0]
        assert after[1:-1] == before[1:-1]
        assert (report.people_created, report.photos_missing) == (1, 4)

    def test_tells_of_so_many_conflicts(self, other: Owner) -> None:
        names = [f"Person {number}" for number in range(MAX_TOLD + 2)]
        Person.objects.bulk_create(
            Person(owner=other, name=name, contact_id=name) for name in names
        )
        people = [
            {"id": number, "name": name, "contact_id": "another" + name}
            for number, name in enumerate(names)
        ]

        report = imported(other, {"format": FORMAT, "version": VERSION, "people": people})

        assert (report.conflict_count, len(report.conflicts)) == (MAX_TOLD + 2, MAX_TOLD)


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


class TestDocument:
    @pytest.mark.parametrize("wrong", WRONG)
    def test_that_is_wrong_says_where(self, wrong: str) -> None:
        given, place = WRONG[wrong]
        if isinstance(given, dict):
            given = {"format": "kindred-people", "version": 1} | given
        data = given if isinstance(given, bytes) else json.dumps(given).encode()

        with pytest.raises(DocumentInvalid, match=f"^{place}"):
            read(io.BytesIO(data))
