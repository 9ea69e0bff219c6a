"""Erasing somebody: what goes, what stays, and that nothing of them is left or comes back."""

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from faces.errors import EditErased, EditMissing, PersonMissing
from faces.models import Cluster, Edit, Erasure, Face, FaceVector, Pair, Person, Rejection
from faces.people import merging, naming, placing
from faces.people.editing import undo
from jobs import cleanup
from jobs.erasure import erase
from photos.models import Owner, Photo
from tests.factories import (
    make_cluster,
    make_face,
    make_photo,
)
from tests.jobs.erased import (
    NAME,
    faces_of,
    zoe,
)

__all__ = ["zoe"]  # fixtures
pytestmark = pytest.mark.django_db


def tables_with(word: str) -> list[str]:
    """The tables of the database in which `word` stands anywhere."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        found = []
        for name in names:
            cursor.execute(
                f'SELECT count(*) FROM "{name}" AS row WHERE row::text LIKE %s',  # noqa: S608  # our own tables
                [f"%{word}%"],
            )
            [count] = cursor.fetchone() or (0,)
            found += [name] * bool(count)
    return found


class TestErasing:
    def test_leaves_no_row_and_no_file(self, owner: Owner, zoe: Person) -> None:
        faces = faces_of(zoe)
        crops = [str(face.crop) for face in faces]

        erase(owner, zoe.pk)

        for table in (Person, Cluster, Face, FaceVector):
            assert table.objects.count() == 0
        assert [default_storage.exists(crop) for crop in crops] == [False, False]
        assert Photo.objects.count() == 2
        assert tables_with(NAME) == []

    def test_gives_a_receipt_that_was_checked(self, owner: Owner, zoe: Person) -> None:
        erasure = erase(owner, zoe.pk, by=owner.user)

        erasure.refresh_from_db()
        assert (erasure.person, erasure.actor) == (zoe.pk, owner.user)
        assert erasure.counts["left"] == {"rows": 0, "files": 0}
        assert erasure.counts["files"] == 2
        rows = erasure.counts["rows"]
        assert [rows[each] for each in ("person", "cluster", "face", "facevector")] == [1, 1, 2, 2]
        assert erasure.finished_at is not None

    def test_twice_finds_nobody(self, owner: Owner, zoe: Person) -> None:
        erase(owner, zoe.pk)

        with pytest.raises(PersonMissing):
            erase(owner, zoe.pk)
        assert Erasure.objects.count() == 1

    def test_leaves_other_people_and_owners_alone(self, owner: Owner, zoe: Person) -> None:
        other = naming.name_cluster(make_cluster(owner=owner, faces=1), "Ben")
        namesake = naming.name_cluster(make_cluster(faces=1), NAME)

        erase(owner, zoe.pk)

        assert [len(faces_of(other)), len(faces_of(namesake))] == [1, 1]
        assert Edit.objects.get(owner=namesake.owner).asked["name"] == NAME
        with pytest.raises(PersonMissing):
            erase(owner, namesake.pk)

    def test_takes_verdicts_with_it(self, owner: Owner, zoe: Person) -> None:
        stranger = make_face(photo=make_photo(owner=owner))
        placing.reject(owner, [stranger.pk], zoe)
        placing.answer(owner, faces_of(zoe)[0].pk, stranger.pk, same=False)

        erase(owner, zoe.pk)

        assert (Rejection.objects.count(), Pair.objects.count()) == (0, 0)
        assert list(Face.objects.all()) == [stranger]

    def test_keeps_a_file_that_another_face_has(self, owner: Owner, zoe: Person) -> None:
        crop = str(faces_of(zoe)[0].crop)
        make_face(photo=make_photo(owner=owner), crop=crop)

        erase(owner, zoe.pk)

        assert default_storage.exists(crop)


class TestEditsOfWhoIsErased:
    def test_say_no_more_than_that_they_were_made(self, owner: Owner, zoe: Person) -> None:
        erase(owner, zoe.pk, by=owner.user)

        label, erased = Edit.objects.order_by("pk")
        assert (label.kind, label.erased, label.asked, label.steps) == ("label", True, {}, [])
        assert (label.people, label.clusters, label.faces) == ([], [], [])
        assert (erased.kind, erased.actor) == ("erase", owner.user)

    def test_can_not_be_undone(self, owner: Owner, zoe: Person) -> None:
        erase(owner, zoe.pk)

        label, erased = Edit.objects.order_by("pk")
        with pytest.raises(EditErased):
            undo(owner, label.pk, None)
        with pytest.raises(EditMissing):
            undo(owner, erased.pk, None)

    def test_forget_names_of_before_too(self, owner: Owner, zoe: Person) -> None:
        naming.change(zoe, name="Zoe Smith", aliases=["Zizi"])
        naming.change(zoe, aliases=[])

        erase(owner, zoe.pk)

        assert [tables_with(name) for name in (NAME, "Zoe Smith", "Zizi")] == [[], [], []]

    def test_forget_clusters_that_were_merged_before_they_had_a_name(self, owner: Owner) -> None:
        one, two, three = (make_cluster(owner=owner, faces=1) for _ in range(3))
        merging.merge(owner, two.public_id, [one.public_id])
        merging.merge(owner, three.public_id, [two.public_id])
        alice = naming.name_cluster(three, "Alice")

        erasure = erase(owner, alice.pk)

        assert erasure.counts["left"] == {"rows": 0, "files": 0}
        assert all(edit.erased for edit in Edit.objects.all())
        assert [tables_with(each.public_id) for each in (one, two, three)] == [[], [], []]

    def test_forget_who_was_merged_into_them(self, owner: Owner, zoe: Person) -> None:
        double = naming.name_cluster(make_cluster(owner=owner, faces=1), "Zoe's Double")
        merging.merge_people(owner, zoe, [double])
        naming.change(zoe, aliases=[])

        erase(owner, zoe.pk)

        assert tables_with("Zoe's Double") == []
        assert Face.objects.count() == 0

    def test_keep_the_names_of_others(self, owner: Owner, zoe: Person) -> None:
        ben = naming.name_cluster(make_cluster(owner=owner, faces=1), "Ben")
        merging.merge_people(owner, zoe, [ben])
        undo(owner, Edit.objects.latest("pk").pk, None)

        erase(owner, zoe.pk)

        assert list(Person.objects.values_list("name", flat=True)) == ["Ben"]
        assert Edit.objects.get(asked__name="Ben").steps != []

    def test_of_others_stay(self, owner: Owner, zoe: Person) -> None:
        ben = naming.name_cluster(make_cluster(owner=owner, faces=1), "Ben")
        edit = Edit.objects.latest("pk")

        erase(owner, zoe.pk)

        undo(owner, edit.pk, None)
        assert not Person.objects.filter(pk=ben.pk).exists()


class TestAnErasureThatWasKilled:
    def test_is_finished_by_the_clean_up(
        self, owner: Owner, zoe: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        crops = [str(face.crop) for face in faces_of(zoe)]
        with monkeypatch.context() as patch:
            patch.setattr("jobs.erasure.finish", lambda erasure: None)  # killed before it
            erasure = erase(owner, zoe.pk)
        assert default_storage.exists(crops[0])
        order = cleanup.Order(job_days=0, event_days=7)

        removed = [cleanup.run(order, limit_s=60).removed["erasures"] for _ in range(2)]

        erasure.refresh_from_db()
        assert removed == [1, 0]
        assert erasure.finished_at is not None
        assert "waiting" not in erasure.counts
        assert [default_storage.exists(crop) for crop in crops] == [False, False]
