"""Embedding photos anew: how it comes about, what comes meanwhile, and what staff can do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from inference.roles import IMAGE_ENCODER
from jobs import maintenance, reembedding, services, steering, tasks
from jobs.drain import Drain
from jobs.models import Item, Job, State
from jobs.pipeline import Parts
from photos import roles
from photos.models import Owner, Photo, Role, ServedModel
from photos.operations import EMBEDDING
from search.spaces import image_space
from tests.factories import make_owner, make_photo
from tests.fakes import decoded_here
from tests.jobs.reembedding import jobs, library, reembed
from tests.pictures import jpeg
from tests.search.changing import activate, embed, embedding, eyes, packs_of, searched

pytestmark = pytest.mark.django_db(transaction=True)  # indexes are made
GONE = "The photo's original is not in the storage any more."


class TestComingByItself:
    def test_asks_for_a_job_of_each_owner_who_has_photos_left_once(self) -> None:
        activate("a")
        anna, ben = make_owner(subject="anna"), make_owner(subject="ben")
        library(anna, 2), library(ben, 1)
        make_photo(owner=make_owner())
        activate("b")

        tasks.reembed()
        tasks.reembed()

        assert jobs() == [("anna", 0), ("ben", 0)]

    def test_asks_for_nothing_where_nothing_has_changed(self, owner: Owner) -> None:
        activate("a")
        library(owner, 1)

        tasks.reembed()

        assert jobs() == []

    def test_switches_once_nothing_is_left(self, owner: Owner) -> None:
        activate("a")
        [photo] = library(owner, 1)
        activate("b")
        embed(photo)

        tasks.reembed()

        assert (jobs(), searched()) == ([], "b")

    def test_leaves_alone_what_somebody_has_cancelled(self, owner: Owner) -> None:
        activate("a")
        library(owner, 1)
        activate("b")
        tasks.reembed()
        steering.cancel(Job.objects.get())

        tasks.reembed()

        assert Job.objects.count() == 1
        call_command("reembed", stdout=StringIO())
        assert Job.objects.count() == 2

    def test_tries_again_an_hour_after_a_job_has_failed(self, owner: Owner) -> None:
        activate("a")
        library(owner, 1)
        activate("b")
        tasks.reembed()
        now = timezone.now()
        Item.objects.update(state=State.FAILED, error_code="internal_error", finished_at=now)
        Job.objects.update(finished_at=now)
        tasks.reembed()
        assert Job.objects.count() == 1

        Job.objects.update(finished_at=now - timedelta(hours=1))
        tasks.reembed()

        assert Job.objects.count() == 2

    def test_is_in_the_way_of_no_other_work(self, owner: Owner) -> None:
        activate("a")
        library(owner, 1)
        activate("b")
        for _ in range(20):
            services.submit_task(owner, Job.Kind.ASSIGN, {})

        tasks.reembed()

        assert jobs() == [(owner.subject, 0)]


class TestUploadsMeanwhile:
    def test_are_found_at_once_and_later(self, owner: Owner) -> None:
        activate("a")
        library(owner, 1)
        activate("b")
        services.submit(owner, [services.upload(ContentFile(jpeg(seed=7), "a.jpg"))])

        with ThreadPoolExecutor(1) as looks:
            now = {EMBEDDING: embedding()}
            parts = Parts(lambda url: b"", decoded_here, lambda: now, looks, 10**6)
            Drain(parts, in_flight=1, lease_s=60, limit_s=60).run()

        new = Photo.objects.latest("pk")
        assert packs_of(new) == ["a", "b"]
        assert (searched(), reembed(owner)["photos"], searched()) == ("a", 1, "b")

    def test_go_first(self, owner: Owner, monkeypatch: Any) -> None:
        monkeypatch.setattr(reembedding, "_AT_ONCE", 1)
        monkeypatch.setitem(
            maintenance.TASKS,
            Job.Kind.REEMBED,
            lambda owner, arguments, before: reembedding.steps(owner, arguments, before, eyes("b")),
        )
        activate("a")
        library(owner, 3)
        activate("b")
        tasks.reembed()
        [item] = Item.objects.claim(worker="w", limit=1, lease_s=60)
        services.submit(owner, [services.upload(ContentFile(jpeg(seed=7), "a.jpg"))])

        maintenance.run(item)

        item.refresh_from_db()
        assert (item.state, item.done, item.attempts) == (State.QUEUED, 1, 0)
        [first] = Item.objects.claim(worker="w", limit=1, lease_s=60)
        assert first.source == Item.Source.UPLOAD


class TestTheRealModel:
    def test_embeds_a_library_of_a_model_that_has_gone(
        self, owner: Owner, triton_url: str, settings: Any
    ) -> None:
        settings.TRITON_URL, settings.MODEL_CONTROL = triton_url, "none"
        activate("a")
        [photo] = library(owner, 1)
        Role.objects.all().delete()
        ServedModel.objects.all().delete()
        roles.sync(settings.MODEL_REPOSITORY)
        tasks.reembed()
        with ThreadPoolExecutor(1) as looks:
            parts = Parts(lambda url: b"", decoded_here, dict, looks, 10**6)
            Drain(parts, in_flight=1, lease_s=60, limit_s=60).run()

        item = Job.objects.get().items.get()
        assert (item.state, item.error_detail) == (State.SUCCEEDED, "")
        new = ServedModel.objects.get(role=IMAGE_ENCODER.name)
        assert photo.vectors.latest("pk").space.name == new.space
        assert image_space() == photo.vectors.latest("pk").space


class TestTheCommand:
    def told(self, *words: str) -> list[str]:
        out = StringIO()
        call_command("reembed", *words, stdout=out)
        return out.getvalue().splitlines()

    @pytest.fixture
    def lost(self, owner: Owner) -> Photo:
        """One of two photos, that can't follow."""
        activate("a")
        _, lost = library(owner, 2)
        default_storage.delete(str(lost.original))
        activate("b")
        return lost

    def test_only_says_how_far_it_is(self, lost: Photo) -> None:
        assert self.told("--dry-run") == [
            "Photos are searched in image_encoder:a:1.",
            "They follow into image_encoder:b:1: 0/2 (0.0 %), 0 can't.",
        ]
        assert jobs() == []

    def test_tries_again_what_could_not_follow(self, owner: Owner, lost: Photo) -> None:
        reembed(owner)
        assert self.told("--dry-run")[1:] == [
            "They follow into image_encoder:b:1: 1/2 (50.0 %), 1 can't.",
            f"  photo {lost.pk}: original_missing: {GONE}",
        ]

        assert self.told()[0] == "1 jobs were asked for."

        default_storage.save(str(lost.original), ContentFile(jpeg()))
        assert (reembed(owner)["photos"], searched()) == (1, "b")

    def test_goes_on_without_them(self, owner: Owner, lost: Photo) -> None:
        reembed(owner)

        assert self.told("--switch-now") == ["Photos are searched in image_encoder:b:1."]
        assert self.told("--switch-now") == ["Photos are searched in image_encoder:b:1."]

    def test_refuses_to_go_on_without_others(self, lost: Photo) -> None:
        with pytest.raises(CommandError, match="still to get a vector"):
            self.told("--switch-now")

    def test_drops_what_is_searched_no_more(self, owner: Owner, lost: Photo) -> None:
        reembed(owner)
        with pytest.raises(CommandError, match="image_encoder:a:1 stays"):
            self.told("--drop-old", "image_encoder:a:1")
        self.told("--switch-now")

        assert self.told("--drop-old", "image_encoder:a:1") == [
            "2 vectors have gone",
            "Photos are searched in image_encoder:b:1.",
        ]

    def test_says_that_there_are_no_photos(self) -> None:
        activate("a")

        assert self.told("--dry-run") == ["Photos are searched in no space: there are none."]
