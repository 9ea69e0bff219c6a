"""Working on photos with several operations, of which one may be made of others."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db.models import F
from django.utils import timezone

import search.tagging
from faces.models import Face
from inference.arrays import RGB, Array
from inference.errors import InferenceRejected, InferenceTimeout
from inference.geometry import Box
from inference.objects import SeenObject
from jobs import services
from jobs.errors import LeaseLost
from jobs.models import Item, State
from jobs.pipeline import Parts, work
from photos.models import Analysis, Photo
from search.captions import ComposeCaption
from search.models import Caption, DetectedObject, ImageVector, PhotoTag
from search.services import EmbedPhoto, FindObjects
from search.tags import TagPhoto
from search.vocabulary import Vocabulary
from search.words import matching
from tests.factories import make_owner, unit
from tests.fakes import (
    FakeDetector,
    FakeObjects,
    operations,
)
from tests.jobs.draining import (
    claim,
    detector,
    drain,
    parts,
    retried_now,
    state_of,
    submit,
)
from tests.pictures import jpeg
from tests.search.factories import (
    TEXTS,
    FakeImageEncoder,
    FakeTextEncoder,
    make_vocabulary,
)

__all__ = ["detector", "parts"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class SlowImageEncoder(FakeImageEncoder):
    """Raises what it was told to."""

    error: Exception | None = None

    def encode(self, image: RGB) -> Array:
        if self.error:
            raise self.error
        return super().encode(image)


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
