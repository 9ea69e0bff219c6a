"""Embedding photos anew after another model was activated: as a job, by itself."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from inference.arrays import RGB, Array
from inference.errors import InferenceCorrupt, InferenceError, InferenceNotReady, InferenceTimeout
from jobs import maintenance, reembedding, tasks
from photos import roles
from photos.models import Analysis, Owner, Photo
from photos.operations import CAPTION, EMBEDDING, TAGS
from search.captions import ComposeCaption
from search.models import ImageVector, PhotoTag, Unembedded
from search.spaces import change
from search.tags import TagPhoto
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo, unit
from tests.fakes import FakeEncoder
from tests.jobs.reembedding import INTO_B, jobs, library, reembed
from tests.jobs.test_worker import ROOT, database_variables
from tests.pictures import jpeg
from tests.search.changing import ROLE, activate, encoder, eyes, identity, packs_of, searched
from tests.search.factories import TEXTS, FakeTextEncoder, make_vocabulary

pytestmark = pytest.mark.django_db(transaction=True)  # indexes are made


def rows() -> list[Any]:
    """All that is stored of photos, but for the numbers of rows."""
    return [
        (
            photo.pk,
            packs_of(photo),
            sorted(photo.analyses.values_list("operation", "recipe")),
            list(Unembedded.objects.filter(photo=photo).values_list("code", "space__name")),
        )
        for photo in Photo.objects.order_by("pk")
    ]


@dataclass
class FailingEncoder(FakeEncoder):
    error: InferenceError | None = None

    def encode(self, image: RGB) -> Array:
        if self.error:
            raise self.error
        return super().encode(image)


def failing(error: InferenceError) -> FailingEncoder:
    return FailingEncoder(encoder("b").vector, identity("b"), error)


class TestReembed:
    def test_lets_photos_follow_and_has_them_searched_there(self, owner: Owner) -> None:
        activate("a")
        photos = library(owner, 3)
        activate("b")

        outcome = reembed(owner)

        assert [packs_of(photo) for photo in photos] == [["a", "b"]] * 3
        assert (outcome["photos"], outcome["failed"], outcome["switched"]) == (3, 0, True)
        assert searched() == "b"
        recipes = Analysis.objects.filter(operation=EMBEDDING).values_list("recipe", flat=True)
        assert sorted(recipes) == ["image_encoder.a.1"] * 3 + ["image_encoder.b.1"] * 3

    def test_done_twice_changes_nothing(self, owner: Owner) -> None:
        activate("a")
        library(owner, 2)
        activate("b")
        reembed(owner)
        before = rows()

        outcome = reembed(owner)

        assert (outcome["photos"], rows()) == (0, before)

    def test_takes_the_photos_of_its_owner_alone(self, owner: Owner) -> None:
        activate("a")
        mine, theirs = library(owner, 1), library(make_owner(), 1)
        activate("b")

        outcome = reembed(owner)

        assert (packs_of(mine[0]), packs_of(theirs[0])) == (["a", "b"], ["a"])
        assert (outcome["switched"], searched()) == (False, "a")

    def test_leaves_photos_alone_that_were_never_embedded(self, owner: Owner) -> None:
        activate("a")
        library(owner, 1)
        bare = make_photo(owner=owner)
        activate("b")

        reembed(owner)

        assert (packs_of(bare), searched()) == ([], "b")

    def test_notes_photos_whose_originals_are_gone_and_waits_for_somebody(
        self, owner: Owner
    ) -> None:
        activate("a")
        well, lost, damaged = library(owner, 3)
        default_storage.delete(str(lost.original))
        Photo.objects.filter(pk=damaged.pk).update(
            original=default_storage.save("damaged.jpg", ContentFile(jpeg()[:200]))
        )
        activate("b")

        outcome = reembed(owner)

        assert (outcome["photos"], outcome["failed"], outcome["switched"]) == (3, 2, False)
        noted = Unembedded.objects.order_by("photo").values_list("photo", "owner", "code")
        assert list(noted) == [
            (lost.pk, owner.pk, "original_missing"),
            (damaged.pk, owner.pk, "image_truncated"),
        ]
        assert (packs_of(well), searched()) == (["a", "b"], "a")
        tasks.reembed()
        assert jobs() == []  # they are not tried again and again

    def test_a_photo_that_the_model_can_make_nothing_of_holds_up_no_other(
        self, owner: Owner
    ) -> None:
        activate("a")
        library(owner, 2)
        activate("b")

        outcome = reembed(owner, encoder=failing(InferenceCorrupt("no numbers")))

        assert outcome["failed"] == 2

    def test_waits_for_a_server_that_is_away(self, owner: Owner) -> None:
        activate("a")
        library(owner, 2)
        activate("b")
        before = rows()

        with pytest.raises(InferenceTimeout):
            reembed(owner, encoder=failing(InferenceTimeout("slow")))

        assert rows() == before

    def test_ends_where_somebody_has_gone_back(self, owner: Owner, monkeypatch: Any) -> None:
        monkeypatch.setattr(reembedding, "_AT_ONCE", 1)
        activate("a")
        photos = library(owner, 3)
        activate("b")
        steps = reembedding.steps(owner, INTO_B, {}, eyes("b"))
        next(steps)

        roles.roll_back(ROLE)
        outcome = maintenance.to_the_end(steps)

        assert (outcome["photos"], outcome["switched"]) == (1, False)
        assert [packs_of(photo) for photo in photos] == [["a", "b"], ["a"], ["a"]]
        assert (searched(), change()) == ("a", None)
        roles.roll_back(ROLE)
        assert reembed(owner)["switched"]

    def test_refuses_a_model_that_is_not_what_the_repository_says(self, owner: Owner) -> None:
        activate("a")
        library(owner, 1)
        activate("b")

        with pytest.raises(InferenceNotReady, match="image_encoder:c:1"):
            reembed(owner, encoder=encoder("c"))

    def test_goes_on_where_it_was(self, owner: Owner, monkeypatch: Any) -> None:
        monkeypatch.setattr(reembedding, "_AT_ONCE", 1)
        activate("a")
        library(owner, 3)
        activate("b")
        steps = reembedding.steps(owner, INTO_B, {}, eyes("b"))
        progress = [next(steps), next(steps)]
        steps.close()

        outcome = reembed(owner, progress[-1].outcome)

        assert [(each.done, each.total) for each in progress] == [(1, 3), (2, 3)]
        assert (outcome["photos"], searched()) == (3, "b")


class TestKilled:
    @pytest.mark.parametrize("at", [1, 4, 5])
    def test_at_any_photo_the_rows_equal_those_of_an_undisturbed_run(
        self, owner: Owner, at: int, settings: Any
    ) -> None:
        activate("a")
        photos = library(owner, 6)
        default_storage.delete(str(photos[2].original))
        activate("b")
        media = settings.STORAGES["default"]["OPTIONS"]["location"]
        variables = {**os.environ, **database_variables(), "MEDIA_ROOT": str(media)}

        program = ["-m", "tests.jobs.killed_reembedding", str(owner.pk), INTO_B["space"], str(at)]
        killed = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, *program], cwd=ROOT, env=variables, check=False, start_new_session=True
        )
        assert killed.returncode == -signal.SIGKILL
        between = ImageVector.objects.filter(space__name=INTO_B["space"]).count()
        reembed(owner)

        assert between < 5
        done = [("embedding", "image_encoder.a.1"), ("embedding", "image_encoder.b.1")]
        lost = (photos[2].pk, ["a"], done[:1], [("original_missing", INTO_B["space"])])
        whole: list[Any] = [(photo.pk, ["a", "b"], done, []) for photo in photos]
        assert rows() == [*whole[:2], lost, *whole[3:]]


class TestWhatIsKept:
    def test_tags_follow_with_the_vectors_and_names_stay(
        self, owner: Owner, tmp_path: Path
    ) -> None:
        vocabulary = make_vocabulary(tmp_path)
        activate("a")
        photo, untagged = library(owner, 2)
        anna = make_person(owner=owner, name="Anna")
        make_face(photo=photo, cluster=make_cluster(owner=owner, person=anna))
        PhotoTag.objects.create(photo=photo, recipe="a+a+words", key="formal", confidence=0.9)
        photo.analyses.create(operation=TAGS, recipe="a+a+words")
        activate("b")
        joint = {**TEXTS.parameters, "joint_space": "b:1"}
        texts = FakeTextEncoder(
            {"a photo of a beach": unit(0, 1)}, replace(TEXTS, parameters=joint)
        )
        tags = TagPhoto(encoder("b"), texts, vocabulary, "b+b+words")
        compose = ComposeCaption(vocabulary, {TAGS: "b+b+words", CAPTION: "t"}, "t", (TAGS,))

        reembed(owner, tags=tags, captions=compose)

        found = PhotoTag.objects.filter(photo=photo).order_by("recipe", "key")
        assert list(found.values_list("recipe", "key")) == [
            ("a+a+words", "formal"),
            ("b+b+words", "beach"),
            ("b+b+words", "people:1"),
        ]
        assert not PhotoTag.objects.filter(photo=untagged).exists()
        assert photo.faces.with_people().get().person == anna
