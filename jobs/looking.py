"""Looking at faces that have no vector, although their photos were looked at."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import QuerySet

import faces.crops
from faces.people import looking
from faces.services import FindFaces, spaces_of
from inference.errors import InferenceNotReady
from jobs import services
from jobs.clustering import current_space
from jobs.models import Item, Job, State
from jobs.operations import current_recipes, models_of
from jobs.sight import face_finder
from jobs.steps import Outcome, Progress, Steps, Tally
from photos.decoding import decoders
from photos.errors import PhotoError
from photos.models import Owner, Photo, Space
from photos.operations import FACES
from photos.thumbnails import original_of

_LOOKED_AT = 100  # photos of one look at the database


@dataclass(kw_only=True)
class Looked(Tally):
    """What looking has come to, so far."""

    faces: int = 0  # that have a vector now

    def look(self, photo: Photo, find: FindFaces) -> None:
        """
        Raises:
            InferenceError: the server gave no answer, or a wrong one; nothing of it is counted.
        """
        try:
            with decoders().decoded(original_of(photo)) as decoded:
                self.faces += looking.look(photo, decoded.pixels, find)
                faces.crops.make(faces.crops.missing(photo), decoded.pixels)
        except PhotoError as exc:
            self.fail(photo, exc)
        self.count(photo)


def are_unseen(owner: Owner, keys: Collection[int]) -> bool:
    """Whether one of the owner's faces with these `keys` has no vector, and should have one."""
    space = current_space() if keys else None
    return space is not None and looking.unseen(owner, space).filter(pk__in=keys).exists()


def ask(owner: Owner) -> Job | None:
    """A job of look() that has not begun, or a new one. None: no face was found in any photo."""
    if current_space() is None:
        return None
    waiting = Item.objects.filter(owner=owner, job__kind=Job.Kind.LOOK, state=State.QUEUED)
    item = waiting.filter(started_at=None).select_related("job").first()
    return item.job if item else services.submit_task(owner, Job.Kind.LOOK, {})


def look(owner: Owner, arguments: Mapping[str, Any], before: Outcome) -> Steps:
    """Give vectors to the faces that have none, on photos that the active models have looked at.

    `dry_run`: only count them.
    """
    if arguments.get("dry_run"):
        lacking = _lacking(owner)
        return lambda: lacking
    with face_finder() as find:
        if not isinstance(find, FindFaces):
            raise InferenceNotReady(f"{find.recipe}: a file of these models is missing.")
        return (yield from steps(owner, before, find))


def steps(owner: Owner, before: Outcome, find: FindFaces) -> Steps:
    """As look(), with the models that `find` has."""
    done = Looked(**before)
    space = spaces_of(find.identities)[-1]
    left = looking.left(owner, space, models_of(find.recipe)).select_related("owner").order_by("pk")
    total = done.photos + left.filter(pk__gt=done.last_photo).count()
    while some := list(left.filter(pk__gt=done.last_photo)[:_LOOKED_AT]):
        for photo in some:
            done.look(photo, find)
            yield Progress(done.photos, max(total, done.photos), asdict(done))
    return lambda: asdict(done)


def is_due(owner: Owner) -> bool:
    """Whether faces wait for a look that no door has asked for, as when an edit has freed them."""
    space = current_space()
    return space is not None and _left(owner, space).exists()


def _left(owner: Owner, space: Space) -> QuerySet[Photo]:
    return looking.left(owner, space, models_of(current_recipes().get(FACES, "")))


def _lacking(owner: Owner) -> dict[str, int]:
    space = current_space()
    if space is None:
        return {"photos": 0, "faces": 0}
    left = _left(owner, space)
    faces_left = looking.unseen(owner, space).filter(photo__in=left)
    return {"photos": left.count(), "faces": faces_left.count()}
