"""People that come into a library out of a document."""

import pytest

from faces.models import Edit, Face, FaceVector, Membership, Pair, Person, Rejection
from faces.people import naming, placing
from faces.people.editing import undo
from faces.portability.document import FORMAT, VERSION
from faces.portability.importing import MAX_TOLD, Imported
from photos.models import Owner
from tests.faces.portability.carried import (
    BESIDE,
    BOX,
    SHA,
    exported,
    faces,
    imported,
    library,
    make_known,
    other,
    owner,
    rows,
    who,
)
from tests.factories import make_cluster, make_face, make_person, make_photo, unit

__all__ = ["other", "owner"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)  # an export sees one moment


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
