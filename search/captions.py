"""Sentences about photos: a captioner's, a describer's, or made of what was found."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from inference.arrays import RGB
from inference.captions import Captioner
from inference.describer import Describer
from photos.models import Photo
from photos.operations import CAPTION, DESCRIBE, OBJECTS, OCR, TAGS, Place, Store
from search.models import Caption
from search.results import of_recipe
from search.templates import Seen, compose
from search.vocabulary import DEFAULT_LANGUAGE, Vocabulary

QUOTED = 0.7  # how sure a line of text must be, which has two letters at least


@dataclass(frozen=True)
class ComposeCaption:
    """The operation that makes sentences of what others have found: one in each language.

    `recipes`: by which it was found. What no model here finds is not among `needs`.
    """

    vocabulary: Vocabulary
    recipes: Mapping[str, str]
    recipe: str
    needs: tuple[str, ...]
    name: str = CAPTION

    def look(self, image: RGB) -> "ComposeCaption":
        return self

    def keep(self, place: Place) -> Store:
        return self.store

    def again(self, photos: Collection[int]) -> None:
        """Make the captions anew of those `photos` that have them, as what they say has changed."""
        for photo in Photo.objects.filter(
            pk__in=photos, analyses__operation=self.name, analyses__recipe=self.recipe
        ):
            self.store(photo)

    def store(self, photo: Photo) -> None:
        seen = _seen(photo, self.recipes)
        composed = {
            language: compose(seen, self.vocabulary, language)
            for language in self.vocabulary.languages
        }
        _replace(
            photo,
            self.recipe,
            Caption.Source.TEMPLATE,
            {language: (each.sentence, each.context) for language, each in composed.items()},
        )


@dataclass(frozen=True)
class CaptionPhoto:
    """The operation that asks a captioner; what is going on comes from the tags, if they are."""

    captioner: Captioner
    vocabulary: Vocabulary
    recipes: Mapping[str, str]
    recipe: str
    needs: tuple[str, ...]
    name: str = CAPTION

    def look(self, image: RGB) -> "SeenCaption":
        return SeenCaption(self, self.captioner.caption(image))


@dataclass(frozen=True)
class SeenCaption:
    operation: CaptionPhoto
    sentence: str

    def keep(self, place: Place) -> Store:
        return self.store

    def store(self, photo: Photo) -> None:
        asked = self.operation
        key = _seen(photo, asked.recipes).context
        context = asked.vocabulary.word(key, DEFAULT_LANGUAGE) if key else ""
        sentences = {DEFAULT_LANGUAGE: (self.sentence, context)}
        _replace(photo, asked.recipe, Caption.Source.MODEL, sentences)


@dataclass(frozen=True)
class DescribePhoto:
    """The operation that asks a vision-language model at home for a paragraph."""

    describer: Describer
    recipe: str
    name: str = DESCRIBE
    needs: tuple[str, ...] = ()

    def look(self, image: RGB) -> "SeenDescription":
        return SeenDescription(self.describer.describe(image), self.recipe)


@dataclass(frozen=True)
class SeenDescription:
    text: str
    recipe: str

    def keep(self, place: Place) -> Store:
        return self.store

    def store(self, photo: Photo) -> None:
        sentences = {DEFAULT_LANGUAGE: (self.text, "")}
        _replace(photo, self.recipe, Caption.Source.DESCRIBER, sentences)


def _seen(photo: Photo, recipes: Mapping[str, str]) -> Seen:
    tags = list(of_recipe(photo.tags.all(), recipes, TAGS).order_by("-confidence", "key"))
    lines = of_recipe(photo.text_lines.all(), recipes, OCR).filter(
        confidence__gte=QUOTED, text__regex=r"\w.*\w"
    )
    return Seen(
        objects=list(of_recipe(photo.objects_seen.all(), recipes, OBJECTS)),
        faces=photo.faces.count(),
        tags=[tag.key for tag in tags if not tag.is_context],
        context=next((tag.key for tag in tags if tag.is_context), ""),
        text=[line.text for line in lines.order_by("position")],
    )


def _replace(
    photo: Photo,
    recipe: str,
    source: Caption.Source,
    sentences: Mapping[str, tuple[str, str]],
) -> None:
    """Have these sentences (language -> sentence, context) as the captions of `recipe`."""
    photo.captions.filter(recipe=recipe).delete()
    Caption.objects.bulk_create(
        Caption(
            photo=photo,
            recipe=recipe,
            source=source,
            language=language,
            sentence=sentence,
            context=context,
        )
        for language, (sentence, context) in sentences.items()
    )
