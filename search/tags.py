"""Tags of photos, from their stored vectors: with a photo, and again when the words change."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from faces.models import Face
from inference.arrays import RGB, Array
from inference.encoders import ImageEncoder, TextEncoder
from photos.models import Analysis, Photo
from photos.operations import EMBEDDING, TAGS, Place, Store
from photos.vectors import load
from search.captions import ComposeCaption
from search.errors import VectorMissing
from search.models import ImageVector, PhotoTag
from search.tagging import Tag, Tagger, tagger_of
from search.vocabulary import PEOPLE, Vocabulary, people_key
from search.words import index

BATCH = 500  # photos that are tagged again in one transaction


@dataclass(frozen=True)
class TagPhoto:
    """The operation that says in words of the vocabulary what is in a photo.

    A recipe is `MODEL+MODEL+DIGEST`: what is before the last + are the models.
    """

    images: ImageEncoder
    texts: TextEncoder
    vocabulary: Vocabulary
    recipe: str
    name: str = TAGS
    needs: tuple[str, ...] = (EMBEDDING,)

    def look(self, image: RGB) -> "TagsOfVector":
        """The pixels were seen by the embedding: here only the words are made ready."""
        return TagsOfVector(self.tagger(), self.recipe)

    def tagger(self) -> Tagger:
        """
        Raises:
            InferenceError: the models gave no answer, or don't belong together.
        """
        return tagger_of(self.images.identity, self.texts, self.vocabulary)


@dataclass(frozen=True)
class TagsOfVector:
    tagger: Tagger
    recipe: str

    def keep(self, place: Place) -> Store:
        return self.store

    def store(self, photo: Photo) -> None:
        """
        Raises:
            VectorMissing: the photo has no vector of the tagger's space.
        """
        if not _store([photo.pk], self.tagger, self.recipe):
            raise VectorMissing(f"Photo {photo.pk} has no vector of {self.tagger.space}.")


@dataclass(frozen=True)
class SeenTags:
    """Tags that were made elsewhere, of the very vector that is stored with the photo."""

    tags: Sequence[Tag]
    recipe: str

    def keep(self, place: Place) -> Store:
        return self.store

    def store(self, photo: Photo) -> None:
        _replace({photo.pk: self.tags}, self.recipe)


def is_due(recipe: str) -> bool:
    """Whether there are photos that its models have tagged by another vocabulary. One query."""
    tagged = Analysis.objects.filter(operation=TAGS, recipe__startswith=_models(recipe))
    return tagged.exclude(recipe=recipe).exists()


def to_retag(photos: QuerySet[Photo], operation: TagPhoto) -> QuerySet[Photo]:
    """Those of `photos` that have tags, but not yet by the recipe of `operation`.

    Only those that have a vector to be tagged by.
    """
    tagged = Analysis.objects.filter(photo=OuterRef("pk"), operation=TAGS)
    vectors = ImageVector.objects.filter(photo=OuterRef("pk"))
    return photos.filter(
        Exists(tagged),
        ~Exists(tagged.filter(recipe=operation.recipe)),
        Exists(vectors.filter(space__name=operation.images.identity.space)),
    )


def retag(
    photos: QuerySet[Photo],
    operation: TagPhoto,
    captions: ComposeCaption | None,
    *,
    batch: int = BATCH,
) -> Iterator[int]:
    """Tag those of to_retag() again, and yield how many are done, after each batch.

    No photo is read: their vectors are. Tags of the same models by another vocabulary go in the
    transaction that brings the new ones, the words to find them by and, where `captions` are
    made of them, new captions. Stopped half way it goes on from there; done twice changes nothing.

    Raises:
        InferenceError: as TagPhoto's tagger().
    """
    tagger, done, last = operation.tagger(), 0, 0
    waiting = to_retag(photos, operation).order_by("pk").values_list("pk", flat=True)
    while chosen := list(waiting.filter(pk__gt=last)[:batch]):
        with transaction.atomic():
            # As those do who store a photo's results: one at a time.
            locked = Photo.objects.select_for_update(no_key=True).filter(pk__in=chosen)
            stored = _store(
                locked.order_by("pk").values_list("pk", flat=True), tagger, operation.recipe
            )
            Analysis.objects.bulk_create(
                (Analysis(photo_id=pk, operation=TAGS, recipe=operation.recipe) for pk in stored),
                ignore_conflicts=True,
            )
            if captions:
                captions.again(stored)
            index(stored)
        done, last = done + len(stored), chosen[-1]
        yield done


def count_people(photo: Photo) -> None:
    """Bring the tag that counts people up to date, in the caller's transaction.

    For whoever changes the faces of a photo that has been tagged before.
    """
    recipes = list(photo.analyses.filter(operation=TAGS).values_list("recipe", flat=True))
    if not recipes:
        return
    PhotoTag.objects.filter(photo=photo, key__startswith=PEOPLE).delete()
    people = _people([photo.pk])
    PhotoTag.objects.bulk_create(
        _row(photo.pk, recipe, tag) for recipe in recipes for tag in people.get(photo.pk, [])
    )


def _store(photos: Iterable[int], tagger: Tagger, recipe: str) -> list[int]:
    """Tag the photos with these ids, in the caller's transaction. Returns those with a vector."""
    found, vectors = _vectors(list(photos), tagger.space)
    if not found:
        return []
    _replace(dict(zip(found, tagger.tags(vectors), strict=True)), recipe)
    return found


def _replace(tags: Mapping[int, Sequence[Tag]], recipe: str) -> None:
    """Have these `tags`, and those that count people, as those of `recipe`, by photo."""
    people = _people(tags.keys())
    _forget(tags.keys(), recipe)
    PhotoTag.objects.bulk_create(
        _row(photo, recipe, tag)
        for photo, seen in tags.items()
        for tag in [*seen, *people.get(photo, [])]
    )


def _vectors(photos: Collection[int], space: str) -> tuple[list[int], Array]:
    return load(ImageVector.objects.filter(photo__in=photos, space__name=space), of="photo_id")


def _people(photos: Collection[int]) -> Mapping[int, list[Tag]]:
    """For photos with faces, the tag that counts them: as sure as the least sure face."""
    faces = Face.objects.filter(photo__in=photos).values_list("photo_id")
    return {
        photo: [Tag(people_key(count), confidence, is_context=False)]
        for photo, count, confidence in faces.annotate(Count("pk"), Min("confidence"))
    }


def _forget(photos: Collection[int], recipe: str) -> None:
    """Drop what the recipe has stored before, and what its models have by another vocabulary."""
    models = _models(recipe)
    PhotoTag.objects.filter(photo__in=photos, recipe__startswith=models).delete()
    notes = Analysis.objects.filter(photo__in=photos, operation=TAGS, recipe__startswith=models)
    notes.exclude(recipe=recipe).delete()


def _models(recipe: str) -> str:
    """How all recipes of the same models begin."""
    return f"{recipe.rpartition('+')[0]}+"


def _row(photo: int, recipe: str, tag: Tag) -> PhotoTag:
    return PhotoTag(
        photo_id=photo,
        recipe=recipe,
        key=tag.key,
        confidence=round(tag.confidence, 4),
        is_context=tag.is_context,
    )
