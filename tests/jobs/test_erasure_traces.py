"""Erasing somebody: what jobs, files and captions say of them goes as well."""

from typing import Any

import numpy as np
import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from faces.models import Face, FaceVector, Person
from faces.people import naming
from faces.services import FindFaces
from jobs import result_files
from jobs.erasure import erase, finish
from jobs.models import Item, Job, State
from jobs.operations import current_recipes
from jobs.recounting import recount
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
from tests.jobs.erased import (
    NAME,
    faces_of,
    zoe,
)
from tests.pictures import noise

__all__ = ["zoe"]  # fixtures
pytestmark = pytest.mark.django_db


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
