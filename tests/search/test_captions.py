"""Captions: made of what was found, a captioner's, a describer's."""

from dataclasses import dataclass

import numpy as np
import pytest
from django.conf import settings

from inference.arrays import RGB
from inference.identity import ModelIdentity
from photos.models import Photo
from photos.operations import FACES, OBJECTS, OCR, TAGS, Operation, Place
from search.captions import CaptionPhoto, ComposeCaption, DescribePhoto
from search.models import Caption, DetectedObject, PhotoTag, TextLine
from search.vocabulary import load
from tests.factories import make_face, make_photo

pytestmark = pytest.mark.django_db
PIXELS = np.zeros((8, 8, 3), np.uint8)
RECIPES = {FACES: "f", OBJECTS: "o", OCR: "t", TAGS: "m+m+now"}
WORDS = load(settings.VOCABULARY_DIR)
COMPOSE = ComposeCaption(WORDS, RECIPES, "template", (FACES, OBJECTS, OCR, TAGS))


@dataclass
class Says:
    """A captioner and describer that says one thing of every photo."""

    sentence: str
    identities: tuple[ModelIdentity, ...] = ()
    model: str = "says"

    def caption(self, image: RGB) -> str:
        return self.sentence

    def describe(self, image: RGB) -> str:
        return self.sentence


def run(operation: Operation, photo: Photo) -> None:
    operation.look(PIXELS).keep(Place(photo.owner, "f"))(photo)


def see(photo: Photo, label: str, recipe: str = "o") -> None:
    DetectedObject.objects.create(
        photo=photo, recipe=recipe, label=label, confidence=0.9, x=0, y=0, width=9, height=9
    )


def tag(photo: Photo, key: str, *, recipe: str = "m+m+now", is_context: bool = False) -> None:
    PhotoTag.objects.create(
        photo=photo, recipe=recipe, key=key, confidence=0.9, is_context=is_context
    )


def captions(photo: Photo) -> dict[str, str]:
    return {caption.language: caption.sentence for caption in photo.captions.all()}


class TestComposeCaption:
    def test_has_a_sentence_in_each_language(self) -> None:
        photo = make_photo()
        see(photo, "cat")
        see(photo, "cat")

        run(COMPOSE, photo)

        assert captions(photo) == {"en": "Two cats.", "id": "Dua ekor kucing."}
        assert {each.source for each in photo.captions.all()} == {Caption.Source.TEMPLATE}

    def test_counts_people_by_their_faces(self) -> None:
        photo = make_photo()
        make_face(photo=photo)
        make_face(photo=photo, x=200)

        run(COMPOSE, photo)

        assert captions(photo)["en"] == "Two people."

    def test_quotes_the_text(self) -> None:
        photo = make_photo()
        TextLine.objects.create(
            photo=photo, recipe="t", position=0, text="OPEN", quad=[], confidence=0.9
        )

        run(COMPOSE, photo)

        assert "OPEN" in captions(photo)["en"]

    def test_has_the_context_in_each_language(self) -> None:
        photo = make_photo()
        tag(photo, "shaking_hands", is_context=True)

        run(COMPOSE, photo)

        contexts = {each.language: each.context for each in photo.captions.all()}
        assert contexts == {"en": "shaking hands", "id": "sedang bersalaman"}

    def test_knows_nothing_of_what_other_models_found(self) -> None:
        photo = make_photo()
        see(photo, "cat", recipe="another")
        tag(photo, "beach", recipe="a+b+now")

        run(COMPOSE, photo)

        assert captions(photo)["en"] == "A photo."

    def test_takes_tags_by_an_older_vocabulary(self) -> None:
        photo = make_photo()
        tag(photo, "beach", recipe="m+m+before")

        run(COMPOSE, photo)

        assert "beach" in captions(photo)["en"]

    def test_made_again_replaces_itself(self) -> None:
        photo = make_photo()
        run(COMPOSE, photo)
        see(photo, "dog")

        run(COMPOSE, photo)

        assert captions(photo)["en"] == "A dog."

    def test_knows_nothing_of_another_photo(self) -> None:
        see(make_photo(), "cat")
        photo = make_photo()

        run(COMPOSE, photo)

        assert captions(photo)["en"] == "A photo."


class TestCaptionPhoto:
    def test_keeps_what_the_captioner_says_with_the_context(self) -> None:
        photo = make_photo()
        tag(photo, "shaking_hands", is_context=True)

        run(CaptionPhoto(Says("two men"), WORDS, RECIPES, "blip", (TAGS,)), photo)

        caption = Caption.objects.get()
        assert (caption.sentence, caption.context) == ("two men", "shaking hands")
        assert (caption.source, caption.recipe, caption.language) == ("model", "blip", "en")


class TestDescribePhoto:
    def test_lies_beside_the_caption(self) -> None:
        photo = make_photo()
        run(COMPOSE, photo)

        run(DescribePhoto(Says("A long paragraph."), "describer.llava"), photo)

        described = photo.captions.get(source=Caption.Source.DESCRIBER)
        assert (described.sentence, described.recipe) == ("A long paragraph.", "describer.llava")
        assert photo.captions.count() == 3
