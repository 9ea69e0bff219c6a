"""Working on photos: real database and files, stand-ins for the models."""

from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages

import faces.grouping
from faces.models import Cluster, Face, FaceVector, GroupingDue, Membership
from faces.services import FindFaces
from jobs import services
from jobs.drain import Drain
from jobs.models import Item, State
from jobs.pipeline import Parts
from photos.models import Analysis, Photo, Reference, Space
from tests.factories import make_owner
from tests.fakes import (
    IDENTITY,
    FakeDetector,
    FakeEmbedder,
    operations,
)
from tests.jobs.draining import (
    FIRST,
    SECOND,
    detector,
    drain,
    parts,
    state_of,
    submit,
)
from tests.pictures import jpeg

__all__ = ["detector", "parts"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

OTHER = replace(IDENTITY, space="face_embedder:other:1")


class TestDrain:
    def test_stores_a_photo_with_its_faces(self, parts: Parts) -> None:
        owner = make_owner()
        job = submit(owner, jpeg(width=80, height=60), external_id="party-1")

        assert drain(parts) == 1

        assert state_of(job) == [(State.SUCCEEDED, "")]
        photo = Photo.objects.get()
        assert (photo.owner, photo.width, photo.height) == (owner, 80, 60)
        assert Reference.objects.get(owner=owner, external_id="party-1").photo == photo
        assert [face.x for face in photo.faces.order_by("x")] == [4, 30]
        assert FaceVector.objects.filter(owner=owner).count() == 2

    def test_writes_files_under_keys_of_the_owner(self, parts: Parts) -> None:
        owner = make_owner()
        photo = jpeg()
        submit(owner, photo)

        drain(parts)

        stored = Photo.objects.get()
        files = [stored.original, stored.thumbnail, *(face.crop for face in stored.faces.all())]
        keys = [str(file.name) for file in files]
        assert {key.split("/")[0] for key in keys} == {str(owner.pk)}
        assert all(default_storage.exists(key) for key in keys)
        with stored.original.open() as file:
            assert file.read() == photo

    def test_empties_the_queue(self, parts: Parts) -> None:
        job = submit(make_owner(), *(jpeg(seed=seed) for seed in range(7)))

        assert drain(parts) == 7

        assert state_of(job) == [(State.SUCCEEDED, "")] * 7

    def test_clears_the_upload(self, parts: Parts) -> None:
        submit(make_owner(), jpeg())

        drain(parts)

        assert storages["intake"].listdir("uploads")[1] == []

    def test_notes_how_long_each_stage_took(self, parts: Parts) -> None:
        job = submit(make_owner(), jpeg())

        drain(parts)

        stages = job.items.get().stage_ms
        assert stages.keys() == {"fetch", "decode", "faces", "store"}
        assert all(ms >= 0 for ms in stages.values())

    def test_remembers_a_photo_without_faces(self, parts: Parts, detector: FakeDetector) -> None:
        detector.faces = []
        submit(make_owner(), jpeg())

        drain(parts)

        assert Face.objects.count() == 0
        assert Analysis.objects.get().photo == Photo.objects.get()

    def test_claims_nothing_when_it_is_to_stop(self, parts: Parts) -> None:
        job = submit(make_owner(), jpeg())

        done = Drain(parts, in_flight=1, lease_s=60, limit_s=60, stopping=lambda: True).run()

        assert (done, state_of(job)) == (0, [(State.QUEUED, "")])


class TestKnownContent:
    def test_is_not_looked_at_again(self, parts: Parts, detector: FakeDetector) -> None:
        owner = make_owner()
        submit(owner, jpeg(), external_id="one")
        drain(parts)

        again = submit(owner, jpeg(), external_id="two")
        drain(parts)

        assert state_of(again) == [(State.SUCCEEDED, "")]
        assert detector.calls == 1
        assert Photo.objects.get().references.count() == 2

    def test_is_stored_once_when_sent_twice_at_once(self, parts: Parts) -> None:
        submit(make_owner(), *[jpeg()] * 6)

        drain(parts)

        assert Photo.objects.count() == 1
        assert Face.objects.count() == 2
        assert not Item.objects.exclude(state=State.SUCCEEDED).exists()

    def test_of_another_owner_is_another_photo(self, parts: Parts) -> None:
        anna, ben = make_owner(), make_owner()
        submit(anna, jpeg())
        submit(ben, jpeg())

        drain(parts)

        assert Photo.objects.of(anna).count() == Photo.objects.of(ben).count() == 1

    def test_an_id_names_the_photo_it_was_last_sent_with(self, parts: Parts) -> None:
        owner = make_owner()
        submit(owner, jpeg(seed=1), external_id="cover")
        drain(parts)
        submit(owner, jpeg(seed=2), external_id="cover")
        drain(parts)

        newest = Photo.objects.latest("pk")
        assert Reference.objects.get(owner=owner).photo == newest


class TestStorageKeys:
    @pytest.mark.parametrize("key", ["gone.jpg", "a" * 300, "folder/under/file.jpg/x"])
    def test_of_no_file_are_missing(self, parts: Parts, key: str) -> None:
        job = services.submit(make_owner(), [services.Source(Item.Source.STORAGE, key)])

        drain(parts)

        assert state_of(job) == [(State.FAILED, "file_missing")]

    def test_of_a_file_that_is_too_large_fail(self, parts: Parts) -> None:
        owner = make_owner()
        key = f"{services.folder_of(owner)}/a.jpg"
        storages["intake"].save(key, ContentFile(bytes(parts.max_bytes + 1)))
        job = services.submit(owner, [services.Source(Item.Source.STORAGE, "a.jpg")])

        drain(parts)

        assert state_of(job) == [(State.FAILED, "too_large")]

    def test_are_looked_up_in_the_folder_of_the_owner(self, parts: Parts) -> None:
        owner, other = make_owner(), make_owner()
        storages["intake"].save(f"{services.folder_of(owner)}/a.jpg", ContentFile(jpeg()))
        mine = services.submit(owner, [services.Source(Item.Source.STORAGE, "a.jpg")])
        theirs = services.submit(other, [services.Source(Item.Source.STORAGE, "a.jpg")])

        drain(parts)

        assert state_of(mine) == [(State.SUCCEEDED, "")]
        assert state_of(theirs) == [(State.FAILED, "file_missing")]


class TestAnotherModel:
    """The same photo, seen by another embedder: its vectors are of another space."""

    def test_adds_a_vector_and_keeps_the_face(self, parts: Parts, detector: FakeDetector) -> None:
        owner = make_owner()
        submit(owner, jpeg())
        drain(parts)
        faces_before = set(Face.objects.values_list("pk", flat=True))

        again = FindFaces(detector, FakeEmbedder([FIRST, SECOND], OTHER), "other fakes")
        submit(owner, jpeg())
        drain(replace(parts, operations=operations(again)))

        assert set(Face.objects.values_list("pk", flat=True)) == faces_before
        of_other = FaceVector.objects.filter(space__name=OTHER.space)
        assert of_other.count() == len(faces_before)


class TestGroupingDue:
    def test_is_noted_with_the_faces(self, parts: Parts) -> None:
        owner = make_owner()
        submit(owner, jpeg())

        drain(parts)

        assert GroupingDue.objects.get().owner == owner


class TestGrouping:
    def test_a_new_photo_joins_the_known_clusters(
        self, parts: Parts, detector: FakeDetector
    ) -> None:
        owner = make_owner()
        submit(owner, jpeg(seed=1), jpeg(seed=2))
        drain(parts)
        faces.grouping.group(owner, Space.objects.get())
        assert Cluster.objects.count() == 2

        submit(owner, jpeg(seed=3))
        drain(parts)

        matched = Membership.objects.filter(how=Membership.How.MATCHED)
        assert matched.count() == 2
        assert {c.memberships.count() for c in Cluster.objects.all()} == {3}

    def test_never_joins_those_of_another_owner(self, parts: Parts) -> None:
        owner = make_owner()
        submit(owner, jpeg(seed=1), jpeg(seed=2))
        drain(parts)
        faces.grouping.group(owner, Space.objects.get())

        submit(make_owner(), jpeg(seed=3))
        drain(parts)

        assert Membership.objects.count() == 4
