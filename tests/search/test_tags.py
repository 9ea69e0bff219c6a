"""Tags that are stored: with a photo, and again when the vocabulary changes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import search.tagging
from inference.errors import InferenceUnavailable
from photos.models import Analysis, Photo
from photos.operations import EMBEDDING, TAGS
from search.captions import ComposeCaption
from search.errors import ForeignVectors, VectorMissing
from search.models import PhotoTag
from search.tags import TagPhoto, is_due, retag, to_retag
from search.words import index, matching
from tests.factories import make_face, make_owner, make_photo, unit
from tests.search.factories import (
    IMAGES,
    FakeImageEncoder,
    FakeTextEncoder,
    changed,
    make_image_vector,
    make_tagged_photo,
    make_vocabulary,
)
from tests.search.tagged import MODELS, PIXELS, by, do, tags_of

pytestmark = pytest.mark.django_db

BEACH, SUITS, BOTH = unit(1), unit(0, 1), unit(1, 1)


@pytest.fixture(autouse=True)
def _nothing_is_made_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search.tagging, "_taggers", {})


@pytest.fixture
def operation(tmp_path: Path) -> TagPhoto:
    return by(make_vocabulary(tmp_path))


class TestTagPhoto:
    def test_is_made_of_the_embedding(self, operation: TagPhoto) -> None:
        assert (operation.name, operation.needs) == (TAGS, (EMBEDDING,))

    def test_stores_the_words_that_are_near_the_photos_vector(self, operation: TagPhoto) -> None:
        photo = make_photo()
        make_image_vector(photo, unit(0.8, 0, 0.6))

        do(operation, photo)

        rows = photo.tags.order_by("-confidence").values_list("recipe", "key", "is_context")
        assert list(rows) == [
            (operation.recipe, "beach", False),
            (operation.recipe, "shaking_hands", True),
        ]
        sure = photo.tags.get(key="beach").confidence
        assert sure == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-3)  # the vector is stored halved

    def test_counts_the_people(self, operation: TagPhoto) -> None:
        photo = make_photo()
        make_image_vector(photo, BEACH)
        for confidence in (0.9, 0.6, 0.8):
            make_face(photo=photo, confidence=confidence)

        do(operation, photo)

        assert [key for _, key in tags_of(photo)] == ["beach", "people:3"]
        assert photo.tags.get(key="people:3").confidence == 0.6

    def test_changes_nothing_when_done_twice(self, operation: TagPhoto) -> None:
        photo = make_photo()
        make_image_vector(photo, BOTH)

        do(operation, photo)
        before = tags_of(photo)
        do(operation, photo)

        assert tags_of(photo) == before
        assert [key for _, key in before] == ["beach", "formal"]

    def test_replaces_the_tags_of_another_vocabulary_and_no_others(
        self, operation: TagPhoto
    ) -> None:
        photo, other = make_photo(), make_photo()
        make_image_vector(photo, BEACH)
        for recipe in (f"{MODELS}+old", "other.fake.1+text_encoder.fake.1+old"):
            PhotoTag.objects.create(photo=photo, recipe=recipe, key="sand", confidence=1)
            PhotoTag.objects.create(photo=other, recipe=recipe, key="sand", confidence=1)
            Analysis.objects.create(photo=photo, operation=TAGS, recipe=recipe)

        do(operation, photo)

        kept = ("other.fake.1+text_encoder.fake.1+old", "sand")
        assert tags_of(photo) == [(operation.recipe, "beach"), kept]
        assert tags_of(other) == [(f"{MODELS}+old", "sand"), kept]
        assert [each.recipe for each in photo.analyses.all()] == [kept[0]]

    def test_asks_for_no_vector_but_that_of_its_encoder(self, operation: TagPhoto) -> None:
        photo = make_photo()
        make_image_vector(photo, BEACH, replace(IMAGES, space="image_encoder:other:1"))

        with pytest.raises(VectorMissing, match=r"has no vector of image_encoder:fake:1\.$"):
            do(operation, photo)

    def test_fails_before_anything_is_stored_if_the_models_do_not_fit(self, tmp_path: Path) -> None:
        foreign = replace(IMAGES, parameters={**IMAGES.parameters, "joint_space": "other:1"})
        operation = by(make_vocabulary(tmp_path), images=FakeImageEncoder(foreign))

        with pytest.raises(ForeignVectors):
            operation.look(PIXELS)


class TestIsDue:
    @pytest.mark.parametrize(
        ("recipe", "due"),
        [
            (f"{MODELS}+old", True),
            (f"{MODELS}+new", False),
            ("other.fake.1+text_encoder.fake.1+old", False),
        ],
    )
    def test_says_whether_another_vocabulary_is_left(self, recipe: str, *, due: bool) -> None:
        Analysis.objects.create(photo=make_photo(), operation=TAGS, recipe=recipe)

        assert is_due(f"{MODELS}+new") is due

    def test_is_over_when_photos_are_tagged_again(self, operation: TagPhoto) -> None:
        make_tagged_photo(BEACH, f"{MODELS}+old")
        assert is_due(operation.recipe)

        list(retag(Photo.objects.all(), operation, None))

        assert not is_due(operation.recipe)


class TestRetag:
    def test_tags_by_the_new_words_without_reading_photos(self, tmp_path: Path) -> None:
        old = by(make_vocabulary(tmp_path))
        photo = make_tagged_photo(BOTH, old.recipe)
        do(old, photo)
        photo.original.delete()
        new = by(make_vocabulary(tmp_path, en=changed("tags", "formal", to=None)))

        done = list(retag(Photo.objects.all(), new, None))

        assert done == [1]
        assert tags_of(photo) == [(new.recipe, "beach")]
        assert [each.recipe for each in photo.analyses.all()] == [new.recipe]

    def test_counts_the_people_of_each_photo(self, operation: TagPhoto) -> None:
        one, two = (make_tagged_photo(BEACH, f"{MODELS}+old") for _ in range(2))
        make_face(photo=one)
        make_face(photo=two)
        make_face(photo=two)

        list(retag(Photo.objects.all(), operation, None))

        assert [key for _, key in tags_of(one)] == ["beach", "people:1"]
        assert [key for _, key in tags_of(two)] == ["beach", "people:2"]

    def test_lets_photos_be_found_by_the_new_tags_and_not_by_the_old(
        self, operation: TagPhoto
    ) -> None:
        photo = make_tagged_photo(BEACH, f"{MODELS}+old")
        PhotoTag.objects.create(photo=photo, recipe=f"{MODELS}+old", key="sea", confidence=1)
        index([photo.pk])

        list(retag(Photo.objects.all(), operation, None))

        found = {
            asked: matching(photo.owner, asked, limit=1, language="en")
            for asked in ("beach", "sea")
        }
        assert {asked: len(hits) for asked, hits in found.items()} == {"beach": 1, "sea": 0}

    def test_says_after_each_batch_how_many_are_done(self, operation: TagPhoto) -> None:
        photos = [make_tagged_photo(BEACH, f"{MODELS}+old") for _ in range(5)]

        progress = list(retag(Photo.objects.all(), operation, None, batch=2))

        assert progress == [2, 4, 5]
        assert [tags_of(photo) for photo in photos] == [[(operation.recipe, "beach")]] * 5

    def test_goes_on_where_it_was_stopped(self, operation: TagPhoto) -> None:
        for _ in range(3):
            make_tagged_photo(BEACH, f"{MODELS}+old")

        next(retag(Photo.objects.all(), operation, None, batch=2))

        assert to_retag(Photo.objects.all(), operation).count() == 1
        assert list(retag(Photo.objects.all(), operation, None)) == [1]

    def test_changes_nothing_when_done_twice(self, operation: TagPhoto) -> None:
        photo = make_tagged_photo(BEACH, f"{MODELS}+old")
        list(retag(Photo.objects.all(), operation, None))
        before = list(photo.tags.values())

        assert list(retag(Photo.objects.all(), operation, None)) == []
        assert list(photo.tags.values()) == before

    def test_leaves_photos_alone_that_were_never_to_be_tagged(self, operation: TagPhoto) -> None:
        photo = make_photo()
        make_image_vector(photo, BEACH)

        assert list(retag(Photo.objects.all(), operation, None)) == []
        assert tags_of(photo) == []

    def test_leaves_photos_alone_that_have_no_vector_of_the_model(
        self, operation: TagPhoto
    ) -> None:
        photo = make_photo()
        Analysis.objects.create(photo=photo, operation=TAGS, recipe=f"{MODELS}+old")
        make_image_vector(photo, BEACH, replace(IMAGES, space="image_encoder:other:1"))

        assert list(retag(Photo.objects.all(), operation, None)) == []
        assert [each.recipe for each in photo.analyses.all()] == [f"{MODELS}+old"]

    def test_leaves_other_owners_photos_alone(self, operation: TagPhoto) -> None:
        mine, theirs = make_owner(), make_owner()
        photo = make_tagged_photo(BEACH, f"{MODELS}+old", owner=mine)
        other = make_tagged_photo(BEACH, f"{MODELS}+old", owner=theirs)

        list(retag(Photo.objects.of(mine), operation, None))

        assert tags_of(photo) == [(operation.recipe, "beach")]
        assert tags_of(other) == []

    def test_stores_nothing_if_the_model_gives_no_answer(self, tmp_path: Path) -> None:
        class Silent(FakeTextEncoder):
            def encode(self, texts: Any) -> Any:
                raise InferenceUnavailable("text_encoder.fake.1: it is away")

        photo = make_tagged_photo(BEACH, f"{MODELS}+old")
        operation = by(make_vocabulary(tmp_path), texts=Silent())

        with pytest.raises(InferenceUnavailable):
            list(retag(Photo.objects.all(), operation, None))

        assert [each.recipe for each in photo.analyses.all()] == [f"{MODELS}+old"]

    def test_costs_as_many_queries_for_many_photos_as_for_one(
        self, operation: TagPhoto, django_assert_num_queries: Any
    ) -> None:
        make_face(photo=make_tagged_photo(BEACH, f"{MODELS}+old"))
        list(retag(Photo.objects.all(), operation, None))  # vectors and stems are remembered
        for photos in (1, 3):
            for _ in range(photos):
                make_face(photo=make_tagged_photo(BEACH, f"{MODELS}+old"))
            with django_assert_num_queries(13):
                list(retag(Photo.objects.all(), operation, None))


class TestCaptionsMadeOfTags:
    def test_follow_them(self, operation: TagPhoto) -> None:
        photo = make_tagged_photo(BEACH, f"{MODELS}+old")
        captions = ComposeCaption(operation.vocabulary, {TAGS: operation.recipe}, "template", ())
        Analysis.objects.create(photo=photo, operation=captions.name, recipe="template")
        captions.store(photo)

        list(retag(Photo.objects.all(), operation, captions))

        assert list(photo.captions.values_list("sentence", flat=True)) == ["A photo of a beach."]

    def test_are_not_made_for_photos_that_have_none(self, operation: TagPhoto) -> None:
        photo = make_tagged_photo(BEACH, f"{MODELS}+old")
        captions = ComposeCaption(operation.vocabulary, {TAGS: operation.recipe}, "template", ())

        list(retag(Photo.objects.all(), operation, captions))

        assert photo.captions.count() == 0
