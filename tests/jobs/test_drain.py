"""Working on photos: real database and files, stand-ins for the models."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Self

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone

import faces.grouping
import search.tagging
from faces.models import Cluster, Face, FaceVector, GroupingDue, Membership
from faces.services import FindFaces
from inference.arrays import RGB, Array
from inference.errors import InferenceRejected, InferenceTimeout
from inference.faces import DetectedFace
from inference.geometry import Box
from inference.objects import SeenObject
from jobs import queue, services, steering
from jobs.drain import Drain
from jobs.errors import DatabaseAway, LeaseLost
from jobs.models import MAX_ATTEMPTS, Item, Job, State
from jobs.pipeline import Parts, work
from photos.errors import FetchTimeout
from photos.models import Analysis, Owner, Photo, Reference, Space
from photos.operations import Operation, Place, Store
from search.captions import ComposeCaption
from search.errors import VocabularyError
from search.models import Caption, DetectedObject, ImageVector, PhotoTag
from search.services import EmbedPhoto, FindObjects
from search.tags import TagPhoto
from search.vocabulary import Vocabulary
from search.words import matching
from tests.factories import make_owner, unit
from tests.fakes import (
    IDENTITY,
    FakeDetector,
    FakeEmbedder,
    FakeObjects,
    decoded_here,
    face_at,
    operations,
)
from tests.pictures import jpeg
from tests.search.factories import (
    TEXTS,
    FakeImageEncoder,
    FakeTextEncoder,
    make_vocabulary,
)

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, SECOND = unit(1, 0), unit(0, 1)
OTHER = replace(IDENTITY, space="face_embedder:other:1")


@pytest.fixture
def detector() -> FakeDetector:
    return FakeDetector([face_at(4), face_at(30, score=0.8)])


@pytest.fixture
def parts(db: None, detector: FakeDetector) -> Iterator[Parts]:
    find = FindFaces(detector, FakeEmbedder([FIRST, SECOND]), "fakes")
    with ThreadPoolExecutor(4) as looks:
        yield Parts(
            fetch=lambda url: jpeg(),
            operations=operations(find),
            looks=looks,
            decoded=decoded_here,
            max_bytes=10**6,
        )


def submit(owner: Owner, *photos: bytes, external_id: str = "") -> Job:
    uploads = [
        services.upload(ContentFile(photo, "a.jpg"), external_id=external_id) for photo in photos
    ]
    return services.submit(owner, uploads)


def drain(parts: Parts) -> int:
    return Drain(parts, in_flight=3, lease_s=60, limit_s=60).run()


def claim() -> Item:
    [item] = Item.objects.claim(worker="w", limit=1, lease_s=60)
    return item


def state_of(job: Job) -> list[tuple[str, str]]:
    return list(job.items.order_by("pk").values_list("state", "error_code"))


def retried_now(job: Job, parts: Parts) -> None:
    """Have it tried again at once."""
    job.items.update(run_after=timezone.now())
    drain(parts)


@dataclass
class SlowImageEncoder(FakeImageEncoder):
    """Raises what it was told to."""

    error: Exception | None = None

    def encode(self, image: RGB) -> Array:
        if self.error:
            raise self.error
        return super().encode(image)


@dataclass
class Unlucky:
    """An operation that finds nothing, and gets into trouble when that is stored."""

    trouble: Callable[[], None] | None
    name: str = "objects"
    recipe: str = "luck"
    needs: tuple[str, ...] = ()

    def look(self, image: RGB) -> Self:
        return self

    def keep(self, place: Place) -> Store:
        return self.store

    def store(self, photo: Photo) -> None:
        if self.trouble:
            self.trouble()


def meet_a_deadlock() -> None:
    raise OperationalError("deadlock detected")


def lose_the_connection() -> None:
    """As when the database is started anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


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


class TestBadPhotos:
    def test_fail_alone(self, parts: Parts) -> None:
        job = submit(make_owner(), b"no photo", jpeg(), b"")

        drain(parts)

        assert state_of(job) == [
            (State.FAILED, "unsupported_format"),
            (State.SUCCEEDED, ""),
            (State.FAILED, "empty_file"),
        ]

    def test_leave_nothing_behind(self, parts: Parts) -> None:
        submit(make_owner(), b"no photo")

        drain(parts)

        assert (Photo.objects.count(), Face.objects.count()) == (0, 0)
        assert not Path(default_storage.path("")).exists()

    def test_that_are_gone_say_so(self, parts: Parts) -> None:
        owner = make_owner()
        missing = services.Source(Item.Source.STORAGE, "gone.jpg")
        job = services.submit(owner, [missing])

        drain(parts)

        assert state_of(job) == [(State.FAILED, "file_missing")]

    def test_surprises_are_recorded(self, parts: Parts, detector: FakeDetector) -> None:
        detector.error = ZeroDivisionError()
        job = submit(make_owner(), jpeg())

        drain(parts)

        assert state_of(job) == [(State.FAILED, "internal_error")]


class TestPhotosThatKilledTheirWorker:
    def test_are_worked_on_alone(self, parts: Parts, detector: FakeDetector) -> None:
        job = submit(make_owner(), *(jpeg(seed=seed) for seed in range(4)))
        suspect = job.items.earliest("pk")
        job.items.filter(pk=suspect.pk).update(deaths=1)
        beside: list[int] = []
        decode = detector.detect

        def detect(image: RGB) -> list[DetectedFace]:
            beside.append(Item.objects.filter(state=State.PROCESSING).count())
            connection.close()
            return decode(image)

        detector.detect = detect  # type: ignore[method-assign]  # to look around
        drain(parts)

        assert state_of(job) == [(State.SUCCEEDED, "")] * 4
        assert beside[0] == 1


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


class TestServersInTrouble:
    def test_a_photo_is_tried_again_later(self, parts: Parts, detector: FakeDetector) -> None:
        detector.error = InferenceTimeout("slow")
        job = submit(make_owner(), jpeg())

        drain(parts)

        item = job.items.get()
        assert (item.state, item.error_code) == (State.QUEUED, "inference_timeout")
        assert item.run_after > timezone.now()

    def test_and_succeeds_then(self, parts: Parts, detector: FakeDetector) -> None:
        detector.error = InferenceTimeout("slow")
        job = submit(make_owner(), jpeg())
        drain(parts)

        detector.error = None
        job.items.update(run_after=timezone.now())
        drain(parts)

        assert state_of(job) == [(State.SUCCEEDED, "")]
        assert Face.objects.count() == 2

    def test_what_can_not_get_better_fails_at_once(
        self, parts: Parts, detector: FakeDetector
    ) -> None:
        detector.error = InferenceRejected("odd")
        job = submit(make_owner(), jpeg())

        drain(parts)

        assert state_of(job) == [(State.FAILED, "inference_rejected")]


class TestDatabaseInTrouble:
    """It has no connection left, or ends one of two transactions that wait for each other."""

    def test_before_a_photo_is_looked_at_lets_it_be_tried_again(self, parts: Parts) -> None:
        troubles = iter([lose_the_connection])

        def found() -> Mapping[str, Operation]:
            for trouble in troubles:
                trouble()
            return parts.operations()

        job = submit(make_owner(), jpeg())
        drain(replace(parts, operations=found))
        assert state_of(job) == [(State.QUEUED, "database_unavailable")]

        retried_now(job, replace(parts, operations=found))

        assert state_of(job) == [(State.SUCCEEDED, "")]

    def test_while_a_photo_is_looked_at_lets_it_be_tried_again(
        self, parts: Parts, detector: FakeDetector
    ) -> None:
        detector.error = OperationalError("too many clients already")
        job = submit(make_owner(), jpeg())

        drain(parts)

        item = job.items.get()
        assert (item.state, item.error_code) == (State.QUEUED, "database_unavailable")
        assert item.run_after > timezone.now()

    @pytest.mark.parametrize("trouble", [meet_a_deadlock, lose_the_connection])
    def test_while_a_photo_is_stored_lets_it_be_tried_again(
        self, parts: Parts, trouble: Callable[[], None]
    ) -> None:
        unlucky = Unlucky(trouble)
        both = replace(parts, operations=lambda: {**parts.operations(), unlucky.name: unlucky})
        job = submit(make_owner(), jpeg())
        drain(both)
        assert state_of(job) == [(State.QUEUED, "database_unavailable")]
        assert Photo.objects.count() == 0

        unlucky.trouble = None
        retried_now(job, both)

        assert state_of(job) == [(State.SUCCEEDED, "")]
        assert Analysis.objects.count() == 2

    def test_fails_nothing_that_others_have_in_work(
        self, parts: Parts, detector: FakeDetector
    ) -> None:
        errors = iter([OperationalError("gone"), None, None])
        look = detector.detect

        def detect(image: RGB) -> list[DetectedFace]:
            error = next(errors)
            if error:
                raise error
            return look(image)

        detector.detect = detect  # type: ignore[method-assign]  # of one call only
        job = submit(make_owner(), *(jpeg(seed=seed) for seed in range(3)))
        drain(parts)

        assert sorted(state_of(job)) == [
            (State.QUEUED, "database_unavailable"),
            (State.SUCCEEDED, ""),
            (State.SUCCEEDED, ""),
        ]


class TestGiveUp:
    @pytest.mark.parametrize("attempts", [1, 50, 2000])
    def test_never_fails_what_waits_for_somebody_to_mend_a_file(self, attempts: int) -> None:
        job = submit(make_owner(), jpeg())
        job.items.update(attempts=attempts - 1)

        assert not queue.give_up(claim(), VocabularyError("en.yaml: broken"))

        item = job.items.get()
        assert (item.state, item.error_code) == (State.QUEUED, "vocabulary_broken")
        assert timedelta(0) < item.run_after - timezone.now() < timedelta(hours=1)

    @pytest.mark.parametrize(
        ("error", "tries"),
        [
            (FetchTimeout("slow"), MAX_ATTEMPTS),
            (InferenceTimeout("slow"), queue.MAX_ATTEMPTS_OF_SERVERS),
            (DatabaseAway("gone"), queue.MAX_ATTEMPTS_OF_SERVERS),
        ],
    )
    def test_fails_after_the_last_try(self, error: queue.KnownError, tries: int) -> None:
        job = submit(make_owner(), jpeg(), jpeg(seed=1))
        before, last = job.items.order_by("pk")
        job.items.filter(pk=before.pk).update(attempts=tries - 2)
        job.items.filter(pk=last.pk).update(attempts=tries - 1)

        failed = [queue.give_up(item, error) for item in (claim(), claim())]

        assert failed == [False, True]
        assert state_of(job) == [(State.QUEUED, error.code), (State.FAILED, error.code)]

    def test_can_be_taken_back_by_hand(self) -> None:
        job = submit(make_owner(), jpeg())
        queue.fail_unexpectedly(claim())

        assert steering.retry(job.items.all()) == 1

        assert claim().attempts == 1


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


class TestSeveralOperations:
    """On one photo, side by side: each has its rows, its note and its time."""

    @pytest.fixture
    def objects(self) -> FakeObjects:
        return FakeObjects([SeenObject("cat", Box(1, 1, 9, 9), 0.9)])

    @pytest.fixture
    def both(self, parts: Parts, objects: FakeObjects) -> Parts:
        find = FindObjects(objects, "cats")
        return replace(parts, operations=lambda: {**parts.operations(), find.name: find})

    def test_are_all_stored(self, both: Parts) -> None:
        job = submit(make_owner(), jpeg())

        drain(both)

        assert (Face.objects.count(), DetectedObject.objects.count()) == (2, 1)
        done = Analysis.objects.order_by("operation").values_list("operation", "recipe")
        assert list(done) == [("faces", "fakes"), ("objects", "cats")]
        assert {"faces", "objects"} < job.items.get().stage_ms.keys()
        [hit] = matching(job.owner, "cats", limit=2, language="en")
        assert hit.photo == Photo.objects.get().pk

    def test_only_those_that_were_asked_for_are_done(self, both: Parts) -> None:
        upload = services.upload(ContentFile(jpeg(), "a.jpg"))
        services.submit(make_owner(), [upload], operations=["objects"])

        drain(both)

        assert (Face.objects.count(), DetectedObject.objects.count()) == (0, 1)

    def test_asked_for_later_are_done_later_on_the_same_photo(
        self, parts: Parts, both: Parts, detector: FakeDetector
    ) -> None:
        owner = make_owner()
        submit(owner, jpeg())
        drain(parts)

        submit(owner, jpeg())
        drain(both)

        assert (Photo.objects.count(), detector.calls) == (1, 1)
        assert (Face.objects.count(), DetectedObject.objects.count()) == (2, 1)

    def test_keep_what_they_found_when_another_one_fails(
        self, both: Parts, objects: FakeObjects, detector: FakeDetector
    ) -> None:
        objects.error = InferenceTimeout("slow")
        job = submit(make_owner(), jpeg())
        drain(both)

        assert state_of(job) == [(State.QUEUED, "inference_timeout")]
        assert Face.objects.count() == 2

        objects.error = None
        job.items.update(run_after=timezone.now())
        drain(both)

        assert state_of(job) == [(State.SUCCEEDED, "")]
        assert (detector.calls, DetectedObject.objects.count()) == (1, 1)

    def test_keep_what_they_found_when_another_one_ends_with_a_surprise(
        self, both: Parts, objects: FakeObjects
    ) -> None:
        objects.error = ZeroDivisionError()
        job = submit(make_owner(), jpeg())

        drain(both)

        assert state_of(job) == [(State.FAILED, "internal_error")]
        assert Face.objects.count() == 2

    @pytest.mark.parametrize("error", [InferenceRejected("odd"), ZeroDivisionError()])
    def test_are_tried_again_as_long_as_one_of_them_may_get_better(
        self, both: Parts, objects: FakeObjects, detector: FakeDetector, error: Exception
    ) -> None:
        detector.error, objects.error = error, InferenceTimeout("slow")
        job = submit(make_owner(), jpeg())

        drain(both)

        assert state_of(job) == [(State.QUEUED, "inference_timeout")]

    def test_store_nothing_when_all_fail(
        self, both: Parts, objects: FakeObjects, detector: FakeDetector
    ) -> None:
        objects.error = detector.error = InferenceTimeout("slow")
        submit(make_owner(), jpeg())

        drain(both)

        assert Photo.objects.count() == 0

    def test_of_a_worker_that_lost_the_photo_are_dropped(
        self, both: Parts, objects: FakeObjects
    ) -> None:
        objects.error = InferenceTimeout("slow")
        submit(make_owner(), jpeg())
        item = claim()
        Item.objects.filter(pk=item.pk).update(leases=F("leases") + 1)

        with pytest.raises(LeaseLost):
            work(item, both)

        assert Photo.objects.count() == 0

    def test_that_no_model_does_fail_the_photo_and_say_so(self, parts: Parts) -> None:
        upload = services.upload(ContentFile(jpeg(), "a.jpg"))
        job = services.submit(make_owner(), [upload], operations=["describe"])

        drain(parts)

        assert state_of(job) == [(State.FAILED, "operation_unavailable")]

    def test_wait_for_models_where_there_are_none(self, parts: Parts) -> None:
        job = submit(make_owner(), jpeg())

        drain(replace(parts, operations=dict))

        assert state_of(job) == [(State.QUEUED, "inference_not_ready")]


class TestWhatIsMadeOfOthers:
    """Captions, of what was found; tags, of the vector that a photo looks like."""

    @pytest.fixture
    def vocabulary(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vocabulary:
        monkeypatch.setattr(search.tagging, "_taggers", {})
        return make_vocabulary(tmp_path)

    def test_a_caption_waits_for_the_things_that_it_tells_of(
        self, parts: Parts, vocabulary: Vocabulary
    ) -> None:
        objects = FakeObjects([SeenObject("cat", Box(1, 1, 9, 9), 0.9)], InferenceTimeout("slow"))
        compose = ComposeCaption(
            vocabulary, {"objects": "cats", "caption": "template"}, "template", ("objects",)
        )
        both = replace(parts, operations=operations(FindObjects(objects, "cats"), compose))
        job = submit(make_owner(), jpeg())
        drain(both)
        assert (Photo.objects.count(), Caption.objects.count()) == (0, 0)

        objects.error = None
        retried_now(job, both)

        assert state_of(job) == [(State.SUCCEEDED, "")]
        assert Caption.objects.get().sentence == "A cat."

    def test_tags_wait_for_the_vector(self, parts: Parts, vocabulary: Vocabulary) -> None:
        images = SlowImageEncoder(error=InferenceTimeout("slow"))
        texts = FakeTextEncoder({"a photo of a beach": unit(1)})
        tags = TagPhoto(images, texts, vocabulary, "image+text+words")
        embed = EmbedPhoto(images, "image")
        all_three = replace(
            parts, operations=lambda: {**parts.operations(), embed.name: embed, tags.name: tags}
        )
        job = submit(make_owner(), jpeg())
        drain(all_three)
        assert state_of(job) == [(State.QUEUED, "inference_timeout")]
        assert list(Analysis.objects.values_list("operation", flat=True)) == ["faces"]

        images.error = None
        retried_now(job, all_three)

        assert state_of(job) == [(State.SUCCEEDED, "")]
        assert set(PhotoTag.objects.values_list("key", flat=True)) == {"beach", "people:2"}

    def test_tags_wait_while_only_one_of_their_two_roles_was_switched(
        self, parts: Parts, vocabulary: Vocabulary
    ) -> None:
        foreign = replace(TEXTS, parameters={**TEXTS.parameters, "joint_space": "other:1"})
        images = FakeImageEncoder()
        tags = TagPhoto(images, FakeTextEncoder(identity=foreign), vocabulary, "image+text+words")
        embed = EmbedPhoto(images, "image")
        job = submit(make_owner(), jpeg())

        drain(replace(parts, operations=operations(embed, tags)))

        assert state_of(job) == [(State.QUEUED, "foreign_vectors")]
        assert ImageVector.objects.count() == 1


class TestGroupingDue:
    def test_is_noted_with_the_faces(self, parts: Parts) -> None:
        owner = make_owner()
        submit(owner, jpeg())

        drain(parts)

        assert GroupingDue.objects.get().owner == owner


class TestLostLease:
    """A worker that was too slow: its item has been given to another one."""

    def lose(self, item: Item) -> Item:
        Item.objects.filter(pk=item.pk).update(state=State.QUEUED, worker="", lease_until=None)
        [again] = Item.objects.claim(worker="other", limit=1, lease_s=60)
        return again

    def test_its_results_are_dropped(self, parts: Parts) -> None:
        submit(make_owner(), jpeg())
        item = claim()
        self.lose(item)

        with pytest.raises(LeaseLost):
            work(item, parts)

        assert (Photo.objects.count(), Face.objects.count()) == (0, 0)
        item.refresh_from_db()
        assert (item.state, item.worker) == (State.PROCESSING, "other")

    def test_the_other_one_ends_as_if_nothing_had_been(self, parts: Parts) -> None:
        submit(make_owner(), jpeg())
        item = claim()
        again = self.lose(item)
        with pytest.raises(LeaseLost):
            work(item, parts)

        work(again, parts)

        assert (Photo.objects.count(), Face.objects.count()) == (1, 2)
        assert Analysis.objects.count() == 1

    def test_it_can_not_give_up_what_is_not_its_own(self) -> None:
        submit(make_owner(), jpeg())
        item = claim()
        self.lose(item)

        with pytest.raises(LeaseLost):
            queue.give_up(item, FetchTimeout("slow"))


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
