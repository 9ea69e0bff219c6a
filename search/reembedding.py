"""Photos follow the model that sees them into its space: what is left, and what is stored of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

import search.tags
from inference.arrays import Array
from inference.encoders import ImageEncoder
from inference.errors import InferenceError
from inference.roles import IMAGE_ENCODER
from photos import hnsw
from photos.errors import PhotoError
from photos.models import Analysis, Owner, Photo, ServedModel, Space
from photos.operations import EMBEDDING
from search import spaces
from search.captions import ComposeCaption
from search.errors import SpaceInUse, SpaceUnknown
from search.models import ImageVector, Unembedded
from search.services import vector_of
from search.spaces import Change, vectors_in
from search.tags import TagPhoto

Failure = PhotoError | InferenceError

BATCH = 5_000  # vectors that are dropped in one transaction
TOLD = 100  # photos that can't follow, which are told one by one


@dataclass(frozen=True)
class Eyes:
    """What sees photos anew, and what is made of that: tags, where photos had some."""

    encoder: ImageEncoder
    recipe: str
    tags: TagPhoto | None = None
    captions: ComposeCaption | None = None


@dataclass(frozen=True)
class Progress:
    """How many photos are searched, and how far they have followed into another space."""

    current: str | None  # names of spaces
    next: str | None  # None: there is no other
    photos: int
    done: int
    failed: int

    @property
    def percent(self) -> float:
        """Rounded down to tenths: 100 says that all have followed."""
        return 1000 * self.done // self.photos / 10 if self.photos else 100.0


def progress(owner: Owner | None = None) -> Progress:
    """Of all owners, or of one. Vectors are counted, not compared: 0.2 s for a million photos."""
    following = spaces.change()
    if following is None:
        space = spaces.image_space()
        count = vectors_in(space, owner).count() if space else 0
        return Progress(space.name if space else None, None, count, count, 0)
    count, failed = vectors_in(following.old, owner).count(), following.failed(owner).count()
    done = min(vectors_in(following.new, owner).count(), count - failed)
    return Progress(following.old.name, following.name, count, done, failed)


def left_about(following: Change, owner: Owner) -> int:
    """How many photos of `owner` have not followed. Counted as in progress()."""
    there = vectors_in(following.old, owner).count()
    return max(0, there - vectors_in(following.new, owner).count())


def failures(owner: Owner | None = None) -> QuerySet[Unembedded]:
    """Of photos that can't follow, by photo; none where nothing is going on."""
    following = spaces.change()
    if following is None:
        return Unembedded.objects.none()
    there = Unembedded.objects.filter(
        space=following.new, photo__in=following.failed(owner).values("photo")
    )
    return there.order_by("photo")


def store(
    space: Space, eyes: Eyes, seen: Mapping[Photo, Array], failed: Mapping[Photo, Failure]
) -> None:
    """Keep the vectors (d,) of photos in `space`, and why others have none. One transaction.

    Those that had tags are tagged anew. Photos that were deleted meanwhile are left out. Doing it
    twice changes nothing.
    """
    with transaction.atomic():
        # As those do who store a photo's results: one at a time.
        keys = [photo.pk for photo in (*seen, *failed)]
        locked = Photo.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
        there = set(locked.values_list("pk", flat=True))
        kept = [photo for photo in seen if photo.pk in there]
        lost = [photo for photo in failed if photo.pk in there]
        ImageVector.objects.bulk_create(
            [vector_of(each, space, seen[each]) for each in kept], ignore_conflicts=True
        )
        Analysis.objects.bulk_create(
            [Analysis(photo=each, operation=EMBEDDING, recipe=eyes.recipe) for each in kept],
            ignore_conflicts=True,
        )
        Unembedded.objects.bulk_create(
            [_failure(each, space, failed[each]) for each in lost], ignore_conflicts=True
        )
        for _ in tagged(Photo.objects.filter(pk__in=there), eyes):
            pass


def _failure(photo: Photo, space: Space, error: Failure) -> Unembedded:
    return Unembedded(
        photo=photo, owner_id=photo.owner_id, space=space, code=error.code, detail=str(error)
    )


def tagged(photos: QuerySet[Photo], eyes: Eyes) -> Iterator[int]:
    """Tag those of `photos` anew that had tags, by their new vectors; as search.tags.retag()."""
    if eyes.tags:
        yield from search.tags.retag(photos, eyes.tags, eyes.captions)


def drop(name: str) -> Iterator[int]:
    """Forget the space of this name, with all its vectors; yields how many have gone.

    Stopped half way it goes on from there. In no transaction.

    Raises:
        SpaceUnknown: there is none.
        SpaceInUse: photos are searched in it, or follow into it.
    """
    space = Space.objects.filter(role=IMAGE_ENCODER.name, name=name).first()
    if space is None:
        raise SpaceUnknown(f"There is no space of whole photos called {name!r}.")
    _check_unused(space)
    hnsw.drop_index(ImageVector, space)
    made_by = ServedModel.objects.filter(role=IMAGE_ENCODER.name, space=name).values("name")
    while chosen := list(vectors_in(space).values_list("pk", "photo_id")[:BATCH]):
        keys, photos = zip(*chosen, strict=True)
        with transaction.atomic():
            done = Analysis.objects.filter(operation=EMBEDDING, recipe__in=made_by)
            done.filter(photo__in=photos).delete()
            gone, _ = ImageVector.objects.filter(pk__in=keys).delete()
        yield gone
    space.delete()


def _check_unused(space: Space) -> None:
    active = ServedModel.objects.filter(active_in__name=IMAGE_ENCODER.name, space=space.name)
    searched = spaces.image_space()
    if space == searched or active.exists():
        raise SpaceInUse(
            f"Photos are searched in {searched}, and get vectors of the active model: "
            f"{space.name} stays."
        )
