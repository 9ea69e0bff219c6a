"""Erasing somebody: what goes, what stays, and that nothing of them is left or comes back."""

import json
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import numpy as np
import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from faces.errors import EditErased, EditMissing, PersonMissing
from faces.models import Cluster, Edit, Erasure, Face, FaceVector, Pair, Person, Rejection
from faces.people import merging, naming, placing
from faces.people.editing import undo
from faces.services import FindFaces
from jobs import cleanup, result_files
from jobs.erasure import erase, finish
from jobs.models import Item, Job, State
from jobs.operations import current_recipes
from jobs.recounting import recount
from local.processes import wait_until
from photos.models import Owner, Photo, Role, ServedModel
from photos.operations import CAPTION, TAGS, Place
from search.models import PhotoTag
from search.words import matching
from tests.factories import (
    make_cluster,
    make_event,
    make_face,
    make_item,
    make_job,
    make_person,
    make_photo,
    make_space,
    unit,
)
from tests.fakes import FakeDetector, FakeEmbedder, face_at
from tests.pictures import noise

pytestmark = pytest.mark.django_db
NAME = "Zoë Ñandú"


@pytest.fixture
def zoe(owner: Owner) -> Person:
    """Somebody with two faces, which have vectors, in two photos."""
    cluster, space = make_cluster(owner=owner), make_space()
    for _ in range(2):
        photo = make_photo(owner=owner)
        make_face(photo=photo, cluster=cluster, vector=unit(1, 0), space=space)
    return naming.name_cluster(cluster, NAME)


def faces_of(person: Person) -> list[Face]:
    return list(Face.objects.filter(membership__part__cluster__person=person).order_by("pk"))


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


def is_waited_for() -> bool:
    """Whether somebody waits for an advisory lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        [count] = cursor.fetchone() or (0,)
    return bool(count)


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


class TestWhatJobsSayOfWhoIsErased:
    def test_is_said_without_them(self, owner: Owner, zoe: Person) -> None:
        public_id, face = zoe.clusters.get().public_id, faces_of(zoe)[0].pk
        job = make_job(owner=owner, kind=Job.Kind.MERGE, arguments={"into": public_id})
        item = make_item(
            job=job,
            source=Item.Source.NONE,
            state=State.SUCCEEDED,
            outcome={"moved": [{"cluster": public_id, "faces": [face, 999_999]}], "done": 3},
        )
        failed = make_item(
            job=job, state=State.FAILED, error_code="x", error_detail=f"{NAME} is not there."
        )
        event = make_event(owner=owner, data={"status": "failed", "error": {"detail": f"<{NAME}>"}})

        erase(owner, zoe.pk)

        for row in (job, item, failed, event):
            row.refresh_from_db()
        assert job.arguments == {"into": "erased"}
        assert item.outcome == {"moved": [{"cluster": "erased", "faces": [999_999]}], "done": 3}
        assert failed.error_detail == "erased is not there."
        assert event.data == {"status": "failed", "error": {"detail": "<erased>"}}

    def test_is_not_told_of_in_photos_any_more(self, owner: Owner, zoe: Person) -> None:
        face, other = faces_of(zoe)[0].pk, {"person_id": 999_999, "name": "Ben", "face_id": 999_998}
        told = [
            {"person_id": zoe.pk, "contact_id": "user-44", "name": NAME, "face_id": 999_997},
            {"person_id": 999_996, "contact_id": "user-44", "name": "Zo", "face_id": face},
            other,
        ]
        event = make_event(owner=owner, data={"status": "completed", "people": told})

        erase(owner, zoe.pk)

        event.refresh_from_db()
        assert event.data == {"status": "completed", "people": [other]}

    def test_keeps_longer_names_of_others(self, owner: Owner, zoe: Person) -> None:
        make_person(owner=owner, name=f"{NAME} Maria")
        event = make_event(owner=owner, data={"error": {"detail": f"{NAME} Maria and {NAME}"}})

        erase(owner, zoe.pk)

        event.refresh_from_db()
        assert event.data == {"error": {"detail": f"{NAME} Maria and erased"}}

    def test_keeps_our_own_words(self, owner: Owner) -> None:
        person = naming.name_cluster(make_cluster(owner=owner, faces=1), "completed")
        event = make_event(owner=owner, data={"status": "completed"})

        erase(owner, person.pk)

        event.refresh_from_db()
        assert event.data == {"status": "completed"}

    def test_is_not_said_by_what_has_begun(self, owner: Owner, zoe: Person) -> None:
        lease = {"started_at": timezone.now(), "lease_until": timezone.now()}
        running, waiting = (make_job(owner=owner, kind=Job.Kind.RECLUSTER) for _ in range(2))
        begun = make_item(job=running, state=State.PROCESSING, source=Item.Source.NONE, **lease)
        photo = make_item(job=make_job(owner=owner), state=State.PROCESSING, **lease)
        queued = make_item(job=waiting, source=Item.Source.NONE)

        erase(owner, zoe.pk)

        for item in (begun, photo, queued):
            item.refresh_from_db()
        assert [begun.cancelling, photo.cancelling] == [True, False]
        assert queued.state == State.QUEUED

    def test_in_the_log_of_the_admin_goes(
        self, owner: Owner, zoe: Person, admin_user: User
    ) -> None:
        def log(row: Any, words: str) -> LogEntry:
            kind = ContentType.objects.get_for_model(row)
            return LogEntry.objects.create(
                user=admin_user, content_type=kind, object_id=str(row.pk), object_repr=str(row),
                action_flag=CHANGE, change_message=words,
            )  # fmt: skip

        own = [log(zoe, "Changed."), log(zoe.clusters.get(), f"Named {NAME}.")]
        other = log(make_cluster(owner=owner), f"Was {NAME}.")
        foreign = log(make_cluster(), f"Named {NAME}.")

        erase(owner, zoe.pk)

        for entry in (*own, other, foreign):
            entry.refresh_from_db()
        assert [(each.object_repr, each.change_message) for each in own] == [("erased", "")] * 2
        assert (other.change_message, foreign.change_message) == ("Was erased.", f"Named {NAME}.")


class TestResultFiles:
    def results(self, owner: Owner, photo: Photo, **values: Any) -> Item:
        job = make_job(owner=owner, result_files=True, **values)
        item = make_item(job=job, photo=photo, state=State.SUCCEEDED)
        result_files.write(item, photo)
        return item

    def test_of_their_faces_go_and_of_others_stay(self, owner: Owner, zoe: Person) -> None:
        theirs = faces_of(zoe)[0]
        other = make_face(photo=theirs.photo, vector=unit(0, 1), space=make_space())
        item = self.results(owner, theirs.photo)

        erasure = erase(owner, zoe.pk)

        left = {each.path for each in result_files.files(item.job_id)}
        assert left == {"faces/0.jpg", "faces/0.bin"}
        with other.crop.open() as crop, result_files.opened(item.job_id, "faces/0.jpg") as made:
            assert made.read() == crop.read()
        with result_files.opened(item.job_id, "faces/0.bin") as made:
            assert np.frombuffer(made.read(), "<f4")[:2].tolist() == [0, 1]
        assert erasure.counts["files"] == 2 + 1

    def test_go_although_the_picture_of_another_got_lost(self, owner: Owner, zoe: Person) -> None:
        theirs = faces_of(zoe)[0]
        other = make_face(photo=theirs.photo)
        item = self.results(owner, theirs.photo)
        default_storage.delete(str(other.crop))

        erasure = erase(owner, zoe.pk)

        assert list(result_files.files(item.job_id)) == []
        assert erasure.finished_at is not None

    def test_that_are_being_written_are_waited_for(self, owner: Owner, zoe: Person) -> None:
        job = make_job(owner=owner, result_files=True)
        item = make_item(
            job=job, state=State.PROCESSING, started_at=timezone.now(), lease_until=timezone.now()
        )

        erasure = erase(owner, zoe.pk)

        assert erasure.finished_at is None
        Item.objects.filter(pk=item.pk).update(
            state=State.SUCCEEDED, lease_until=None, finished_at=timezone.now()
        )
        finish(erasure)
        assert erasure.finished_at is not None

    def test_beside_the_photo_go(self, owner: Owner, zoe: Person) -> None:
        photo = faces_of(zoe)[0].photo
        folder = str(photo.original).rpartition("/")[0]
        sidecar = default_storage.save(f"{folder}/original.xmp", ContentFile(NAME.encode()))

        erase(owner, zoe.pk)

        assert not default_storage.exists(sidecar)
        assert default_storage.exists(str(photo.original))


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


class TestWherePeopleWereErased:
    def look(self, photo: Photo) -> list[Face]:
        """Another model sees a face at 4, 4, and one at 300, 300."""
        seen = [face_at(4, 4, side=100), face_at(300, 300, side=100)]
        operation = FindFaces(FakeDetector(seen), FakeEmbedder([unit(1), unit(0, 1)]), "other")
        store = operation.look(noise(width=640, height=480)).keep(Place(photo.owner, "some"))
        store(photo)
        return list(photo.faces.order_by("x"))

    def erased_at(self, owner: Owner, x: float) -> Photo:
        cluster, photo = make_cluster(owner=owner), make_photo(owner=owner)
        make_face(photo=photo, cluster=cluster, x=x, y=4, width=100, height=100)
        erase(owner, naming.name_cluster(cluster, NAME).pk)
        return photo

    def test_no_face_is_kept_again(
        self, owner: Owner, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        photo = self.erased_at(owner, x=10)

        with django_capture_on_commit_callbacks(execute=True):
            [kept] = self.look(photo)

        assert kept.x == 300
        assert FaceVector.objects.count() == 1
        _, files = default_storage.listdir("some")
        assert files == [str(kept.crop).removeprefix("some/")]

    def test_faces_elsewhere_are(self, owner: Owner) -> None:
        photo = self.erased_at(owner, x=150)

        assert [face.x for face in self.look(photo)] == [4, 300]

    def test_faces_of_other_photos_are(self, owner: Owner) -> None:
        self.erased_at(owner, x=4)

        assert len(self.look(make_photo(owner=owner))) == 2

    def test_a_face_that_somebody_has_drawn_since_gets_its_vector(self, owner: Owner) -> None:
        photo = self.erased_at(owner, x=4)
        drawn = make_face(photo=photo, x=4, y=4, width=100, height=100, drawn=True)

        assert self.look(photo)[0] == drawn
        assert drawn.vectors.count() == 1

    def test_people_are_not_counted_any_more(self, owner: Owner) -> None:
        cluster, photo = make_cluster(owner=owner), make_photo(owner=owner)
        make_face(photo=photo, cluster=cluster)
        photo.analyses.create(operation=TAGS, recipe="a+b+c")
        PhotoTag.objects.create(
            photo=photo, recipe="a+b+c", key="people:1", confidence=0.9, is_context=False
        )

        erase(owner, naming.name_cluster(cluster, NAME).pk)

        assert list(photo.tags.all()) == []


class TestCaptionsOfPhotos:
    def test_are_made_anew_where_they_count_faces(self, owner: Owner) -> None:
        for role in ("face_detector", "face_embedder"):
            served = ServedModel.objects.create(
                name=f"{role}.test.1", role=role, pack="test", version=1, space="x", memory_bytes=1
            )
            Role.objects.create(name=role, active=served)
        recipe = current_recipes()[CAPTION]
        cluster, photo = make_cluster(owner=owner), make_photo(owner=owner)
        make_face(photo=photo, cluster=cluster)
        photo.analyses.create(operation=CAPTION, recipe=recipe)
        recount([photo.pk])
        before = photo.captions.get(language="en").sentence
        assert len(matching(owner, "person", limit=2, language="en")) == 1

        erase(owner, naming.name_cluster(cluster, NAME).pk)

        after = photo.captions.get(language="en").sentence
        assert ("person" in before, "person" in after) == (True, False)
        assert matching(owner, "person", limit=2, language="en") == []


@pytest.mark.django_db(transaction=True)
class TestErasingAtOnce:
    def test_twice_has_one_winner(self, owner: Owner, zoe: Person) -> None:
        def once(_number: int) -> bool:
            try:
                erase(owner, zoe.pk)
            except PersonMissing:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(once, range(2)))

        assert sorted(done) == [False, True]
        assert Erasure.objects.get().counts["left"] == {"rows": 0, "files": 0}

    def test_waits_for_who_is_storing_faces(self, owner: Owner, zoe: Person) -> None:
        [face, _] = faces_of(zoe)
        photo = face.photo
        Face.objects.filter(pk=face.pk).update(x=4)
        seen = face_at(4, face.y, side=50)
        find = FindFaces(FakeDetector([seen]), FakeEmbedder([unit(1)]), "other")
        store = find.look(noise(width=640, height=480)).keep(Place(owner, "some"))

        def erase_there() -> None:
            erase(owner, zoe.pk)
            connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                store(photo)
                erasing = pool.submit(erase_there)
                wait_until(is_waited_for, timeout_s=30, what="The erasure")
            erasing.result()

        assert (Face.objects.count(), FaceVector.objects.count()) == (0, 0)


class TestErasingOverHttp:
    def test_answers_with_the_receipt(self, api: APIClient, zoe: Person) -> None:
        answer = api.post(f"/api/v1/people/{zoe.pk}/erase", {"confirm": NAME})

        body = answer.json()
        assert (answer.status_code, body["person"]) == (200, zoe.pk)
        assert (body["left"], body["files"]) == ({"rows": 0, "files": 0}, 2)
        assert NAME not in json.dumps(body, ensure_ascii=False)
        assert api.get(f"/api/v1/erasures/{body['id']}/").json() == body

    def test_wants_the_name(self, api: APIClient, zoe: Person) -> None:
        for sent in ({}, {"confirm": "Zoe"}):
            answer = api.post(f"/api/v1/people/{zoe.pk}/erase/", sent)

            assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
            assert list(answer.json()["fields"]) == ["confirm"]
        assert Person.objects.filter(pk=zoe.pk).exists()

    def test_twice_is_404_as_is_another_owners(self, api: APIClient, zoe: Person) -> None:
        foreign = make_person(name=NAME)
        api.post(f"/api/v1/people/{zoe.pk}/erase", {"confirm": NAME})

        for pk in (zoe.pk, foreign.pk):
            answer = api.post(f"/api/v1/people/{pk}/erase", {"confirm": NAME})
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert Person.objects.filter(pk=foreign.pk).exists()

    def test_shows_no_receipt_of_another_owner(self, api: APIClient) -> None:
        person = make_person()
        erasure = erase(person.owner, person.pk)

        assert api.get(f"/api/v1/erasures/{erasure.pk}").status_code == 404


class TestTheCommand:
    def test_erases_and_prints_the_receipt(self, zoe: Person) -> None:
        out = StringIO()

        call_command("erase_person", str(zoe.pk), "--confirm", NAME, "--json", stdout=out)

        receipt = json.loads(out.getvalue())
        assert (receipt["person"], receipt["left"]) == (zoe.pk, {"rows": 0, "files": 0})
        assert not Person.objects.exists()

    def test_refuses_a_wrong_name(self, zoe: Person) -> None:
        with pytest.raises(CommandError, match="not called 'Ben'"):
            call_command("erase_person", str(zoe.pk), "--confirm", "Ben")
        with pytest.raises(CommandError, match="There is no person 999999"):
            call_command("erase_person", "999999", "--confirm", NAME)
        assert Person.objects.exists()
