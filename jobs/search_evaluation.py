"""How well photos of the user's own are found by their captions, by the service's own search."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction

import photos.services
import search.words
from inference.client import Inference
from jobs.active import ActiveOperations, Unmade
from jobs.captioned import Captioned
from jobs.errors import CaptionsUnusable, OperationUnavailable
from photos.errors import PhotoError
from photos.images import decode
from photos.models import Owner, Photo
from photos.operations import CAPTION, EMBEDDING, OBJECTS, OCR, TAGS, Findings, Operation, Place
from photos.roles import active_models
from photos.services import Content, Kept, Picture
from search.models import ImageVector
from search.tags import TagPhoto
from search.trials import Library, Score, score

_LOOKED_FOR = (EMBEDDING, OBJECTS, OCR, TAGS, CAPTION)  # in the order of storing
_FACES = "face_"  # the roles that look for them: captions call nobody by name
_AT_ONCE = 4  # photos

Tell = Callable[[int, int], None]  # how much is done, of how much


@dataclass(frozen=True)
class Looked:
    """A captioned photo, and what was seen in it."""

    captions: Sequence[str]
    content: Content
    picture: Picture
    findings: Sequence[tuple[Operation, Findings]]


@dataclass(frozen=True)
class Evaluation:
    """What was measured, and on how much."""

    photos: int
    captions: int
    scores: list[Score]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Trial:
    """The models that photos are looked at with now."""

    operations: Sequence[Operation]
    tags: TagPhoto

    @classmethod
    def now(cls, client: Inference) -> "Trial":
        """
        Raises:
            OperationUnavailable: no model here compares photos with words.
            InferenceError: one that does can't be used.
        """
        active = ActiveOperations(client, settings.MODEL_REPOSITORY, _roles)()
        tags = active.get(TAGS)
        if isinstance(tags, Unmade):
            raise tags.error
        if not isinstance(tags, TagPhoto):
            raise OperationUnavailable(
                "No model here compares photos with words: run `manage.py models sync`, or "
                "`manage.py models list` to see which there are."
            )
        return cls([active[name] for name in _LOOKED_FOR if name in active], tags)

    def look_at(self, captioned: Sequence[Captioned], tell: Tell) -> list[Looked]:
        """See what is in the photos. Touches no database.

        Raises:
            CaptionsUnusable: a photo can't be read.
            InferenceError: the server gave no answer, or a wrong one.
        """
        looked = []
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for each in threads.map(self._look, captioned):
                looked.append(each)
                tell(len(looked), len(captioned))
        return looked

    def _look(self, captioned: Captioned) -> Looked:
        try:
            content = Content.of(captioned.path.read_bytes())
            decoded = decode(content.data, max_pixels=settings.MAX_PHOTO_PIXELS)
        except (OSError, PhotoError) as exc:
            raise CaptionsUnusable(f"{captioned.path}: {exc}") from exc
        seen = [(operation, operation.look(decoded.pixels)) for operation in self.operations]
        return Looked(captioned.captions, content, Picture.of(decoded), seen)

    def ask_for(self, looked: Sequence[Looked], language: str, tell: Tell) -> Evaluation:
        """Ask for each photo by its captions, in each way, in a library of these photos alone.

        Nothing is kept: the rows are those of a transaction that is taken back.

        Raises:
            InferenceError: the server gave no answer, or a wrong one.
        """
        with _taken_back():
            owner = Owner.objects.create(subject=f"evaluation:{uuid4()}")
            stored = [_store(each, owner) for each in looked]
            space = photos.services.space_of(self.tags.images.identity, ImageVector)
            recipes = {each.name: each.recipe for each in self.operations}
            ways = Library(owner, space, self.tags, language, recipes).ways()
            wanted = [
                (caption, photo.pk)
                for each, photo in zip(looked, stored, strict=True)
                for caption in each.captions
            ]
            answers = []
            for done, (caption, _) in enumerate(wanted, start=1):
                answers.append([find(caption) for find in ways.values()])
                tell(done, len(wanted))
        keys = [key for _, key in wanted]
        scores = [
            score(way, found, keys)
            for way, found in zip(ways, zip(*answers, strict=True), strict=True)
        ]
        return Evaluation(len({photo.pk for photo in stored}), len(wanted), scores)


def _roles() -> dict[str, str]:
    return {role: model for role, model in active_models().items() if not role.startswith(_FACES)}


def _store(looked: Looked, owner: Owner) -> Photo:
    """As the pipeline does, but for the files: none of these findings has any."""
    place = Place(owner, photos.services.folder_of(owner, looked.content))
    stores = [(operation, found.keep(place)) for operation, found in looked.findings]
    nowhere = Kept(original="", thumbnail="")
    photo = photos.services.store(owner, looked.content, looked.picture, nowhere)
    recipes = {operation.name: operation.recipe for operation, _ in stores}
    new = photos.services.note_analyses(photo, recipes)
    for operation, store in stores:
        if operation.name in new:  # not where one photo is there twice
            store(photo)
    search.words.index([photo.pk])
    return photo


@contextmanager
def _taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
