"""Embedding photos anew after another model was activated, and searching them in its space."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now

import photos.services
import photos.serving
from inference.arrays import Array
from inference.encoders import ImageEncoder
from inference.errors import InferenceError, InferenceNotReady
from jobs import pulse, services
from jobs.active import ActiveOperations, taggers
from jobs.models import LOWEST_PRIORITY, UNFINISHED, Job, State
from jobs.operations import with_needs
from jobs.services import Wishes
from jobs.steps import Outcome, Progress, Steps, Tally
from photos.decoding import decoders
from photos.errors import PhotoError
from photos.models import Owner, Photo, Space
from photos.operations import EMBEDDING
from photos.thumbnails import original_of
from search import reembedding, spaces
from search.captions import ComposeCaption
from search.errors import ForeignVectors, NoPrompts
from search.models import ImageVector, Unembedded
from search.reembedding import Eyes, Failure
from search.services import EmbedPhoto
from search.spaces import Change, vectors_in
from search.tags import TagPhoto

log = logging.getLogger(__name__)

_LOOKED_AT = 1_000  # vectors of one look at the database
_AT_ONCE = 32  # photos of one step
_AGAIN = timedelta(hours=1)  # after a job that has failed


@dataclass(kw_only=True)
class Reembedded(Tally):
    """What embedding an owner's photos anew has come to, so far."""

    switched: bool = False  # all photos are searched in the new space now

    def follow(
        self, some: Sequence[Photo], space: Space, eyes: Eyes, looks: ThreadPoolExecutor
    ) -> None:
        """
        Raises:
            InferenceError: the server gave no answer; nothing of `some` is stored or counted.
        """
        seen, failed = dict[Photo, Array](), dict[Photo, Failure]()
        found = looks.map(lambda each: _look(each, eyes.encoder), some)
        for photo, look in zip(some, found, strict=True):
            if isinstance(look, Exception):
                failed[photo] = look
            else:
                seen[photo] = look
        reembedding.store(space, eyes, seen, failed)
        for photo in some:
            self.count(photo)
            if photo in failed:
                self.fail(photo, failed[photo])


def tend() -> None:
    """Have photos follow where they don't yet, and search them in the new space once all have.

    What somebody has cancelled is not asked for again.
    """
    following = spaces.change()
    if following is None or switch(following):
        return
    until = time.monotonic() + settings.DRAIN_S
    failed_long_ago = Q(last=State.FAILED, ended_at__lt=Now() - _AGAIN)
    for owner in _owners(following.left(), following).filter(
        Q(last=None) | Q(last=State.SUCCEEDED) | failed_long_ago
    ):
        pulse.beat()
        ask(owner, following)
        if time.monotonic() > until or pulse.STOPPING.is_set():
            break


def switch(following: Change, *, without_failed: bool = False) -> bool:
    """As spaces.switch(), and say so.

    Raises:
        PhotosLeft: as that.
    """
    switched = spaces.switch(following, without_failed=without_failed)
    if switched:
        log.info("Photos are searched in %s now", following.name)
    return switched


def ask(owner: Owner, following: Change) -> Job:
    """A job of reembed(), when nothing else is to do."""
    wishes = Wishes(LOWEST_PRIORITY)
    return services.submit_task(owner, Job.Kind.REEMBED, {"space": following.name}, wishes=wishes)


def ask_anew(following: Change) -> list[Job]:
    """Jobs for all whose photos have not followed, and have none that is not done.

    What was cancelled goes on, and what could not follow is tried again.
    """
    rests = Q(last=None) | ~Q(last__in=UNFINISHED)
    owners = list(_owners(following.lacking(), following).filter(rests))
    Unembedded.objects.filter(space=following.new, owner__in=owners).delete()
    return [ask(owner, following) for owner in owners]


def _owners(some: QuerySet[ImageVector], following: Change) -> QuerySet[Owner]:
    """Those who have `some` of these vectors, with the state of their last job that ended then."""
    jobs = Job.objects.filter(
        owner=OuterRef("pk"), kind=Job.Kind.REEMBED, arguments__space=following.name
    ).order_by("-created_at")
    return (
        Owner.objects.filter(Exists(some.filter(owner=OuterRef("pk"))))
        .annotate(
            last=Subquery(jobs.values("items__state")[:1]),
            ended_at=Subquery(jobs.values("finished_at")[:1]),
        )
        .order_by("pk")
    )


def reembed(owner: Owner, arguments: Mapping[str, Any], before: Outcome) -> Steps:
    """Give the owner's photos vectors in the `space` of the active model, as those that have one
    in the space that is searched.

    What they are tagged with follows. A photo that can't be read any more is noted, and left out.

    Raises:
        InferenceError: the model server gave no answer; another try goes on.
    """
    with _eyes() as eyes:
        return (yield from steps(owner, arguments, before, eyes))


def steps(owner: Owner, arguments: Mapping[str, Any], before: Outcome, eyes: Eyes) -> Steps:
    """As reembed(), with the models of `eyes`. It ends where others are active by now."""
    done = Reembedded(**before)
    space = photos.services.space_of(eyes.encoder.identity, ImageVector)
    following = _into(arguments["space"], space)
    if following is None:
        return lambda: asdict(done)
    total = done.photos + reembedding.left_about(following, owner)
    with ThreadPoolExecutor(settings.PHOTOS_IN_FLIGHT) as looks:
        for some in _left(following, owner, done.last_photo):
            done.follow(some, space, eyes, looks)
            yield Progress(done.photos, max(total, done.photos), asdict(done))
            if _into(arguments["space"], space) is None:
                return lambda: asdict(done)
    for _ in reembedding.tagged(Photo.objects.of(owner), eyes):  # where words came later
        yield Progress(done.photos, max(total, done.photos), asdict(done))
    done.switched = switch(following)
    return lambda: asdict(done)


def _into(name: str, space: Space) -> Change | None:
    """What is going on, if photos still follow into the space of this name.

    Raises:
        InferenceNotReady: the model's own word for it is that of `space`, which is another.
    """
    following = spaces.change()
    if following is None or following.name != name:
        return None
    if space.name != name:
        raise InferenceNotReady(f"The active image encoder is of {space.name}, not of {name}.")
    return following


def _left(following: Change, owner: Owner, after: int) -> Iterator[list[Photo]]:
    """Photos of `owner` that are to follow, in the order of their keys, a few at a time."""
    there = vectors_in(following.old, owner).order_by("photo").values_list("photo_id", flat=True)
    while keys := list(there.filter(photo__gt=after)[:_LOOKED_AT]):
        left = following.left(owner).filter(photo__in=keys).values_list("photo_id", flat=True)
        some = sorted(left)
        for start in range(0, len(some), _AT_ONCE):
            chosen = Photo.objects.filter(pk__in=some[start : start + _AT_ONCE])
            yield list(chosen.order_by("pk"))
        after = keys[-1]


def _look(photo: Photo, encoder: ImageEncoder) -> Array | Failure:
    """In a thread that has no database connection of its own, and leaves none behind.

    Raises:
        PhotoError, InferenceError: another try may go better.
    """
    try:
        with decoders().decoded(original_of(photo)) as decoded:
            return encoder.encode(decoded.pixels)
    except (PhotoError, InferenceError) as exc:
        if exc.retryable:
            raise
        return exc
    finally:
        connection.close()  # opened where the use of a model was noted


@contextmanager
def _eyes() -> Iterator[Eyes]:
    """
    Raises:
        OperationUnavailable, InferenceError: no model sees photos, or not now.
    """
    with photos.serving.client() as triton:
        active = ActiveOperations(triton, settings.MODEL_REPOSITORY)
        [embed] = with_needs([EMBEDDING], active())
        assert isinstance(embed, EmbedPhoto)  # noqa: S101  # that is what embedding is
        yield Eyes(embed.encoder, embed.recipe, *_words(active))


def _words(active: ActiveOperations) -> tuple[TagPhoto | None, ComposeCaption | None]:
    """What tags photos; nothing where the active text encoder is of another pack, as yet."""
    tags, captions = taggers(active)
    try:
        if tags:
            tags.tagger()  # before any transaction: its words are encoded
    except (ForeignVectors, NoPrompts) as exc:
        log.warning("Photos are embedded anew, and not tagged: %s", exc)
        return None, None
    return tags, captions
