"""Finding the faces of photos again, with the detector that is active now."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from django.contrib.auth.models import User

from faces.people import redetecting
from faces.services import FindFaces
from inference.errors import InferenceNotReady
from jobs.recounting import recount
from jobs.sight import face_finder
from jobs.steps import Outcome, Progress, Steps, Tally
from photos.decoding import decoders
from photos.errors import PhotoError
from photos.models import Owner, Photo
from photos.thumbnails import original_of

_LOOKED_AT = 100  # photos of one look at the database
_TOLD = 1000  # photos that are told one by one


@dataclass(kw_only=True)
class Redetected(Tally):
    """What finding faces again has come to, or would."""

    MOST_FAILURES: ClassVar[int] = _TOLD

    dry_run: bool
    kept: int = 0  # faces
    lost: int = 0
    added: int = 0
    changes: list[dict[str, Any]] = field(default_factory=list)  # of photos that change, the first

    def look(self, photo: Photo, find: FindFaces, by: User | None) -> None:
        """
        Raises:
            InferenceError: the server gave no answer, or a wrong one; nothing of it is counted.
        """
        try:
            with decoders().decoded(original_of(photo)) as decoded:
                seen = redetecting.look(photo, decoded.pixels, find)
                edit = None
                if not self.dry_run:
                    edit = redetecting.apply(seen, decoded.pixels, find, by=by)
        except PhotoError as exc:
            self.fail(photo, exc)
        else:
            self._count(seen.told(), edit)
            if edit:
                recount([photo.pk])
        self.count(photo)

    def _count(self, told: dict[str, Any], edit: int | None) -> None:
        self.kept += told["kept"]
        self.lost += len(told["lost"])
        self.added += len(told["added"])
        if told["lost"] or told["added"]:
            self.changes = [*self.changes, told | {"edit": edit}][:_TOLD]


def redetect(owner: Owner, arguments: Mapping[str, Any], before: Outcome) -> Steps:
    """Find the faces again of the `photos` that are named, or of all; a `dry_run` only tells.

    `by`: the key of the user who wants it, if it is known. Each photo is an edit of its own.
    """
    with face_finder() as find:
        if not isinstance(find, FindFaces):
            raise InferenceNotReady(f"{find.recipe}: a file of these models is missing.")
        return (yield from steps(owner, arguments, before, find))


def steps(owner: Owner, arguments: Mapping[str, Any], before: Outcome, find: FindFaces) -> Steps:
    """As redetect(), with the models that `find` has."""
    by = User.objects.filter(pk=arguments.get("by", 0)).first()
    done = Redetected(**before) if before else Redetected(dry_run=bool(arguments["dry_run"]))
    left = Photo.objects.of(owner).filter(pk__gt=done.last_photo)
    if arguments.get("photos") is not None:
        left = left.filter(pk__in=arguments["photos"])
    total = done.photos + left.count()
    for photo in _in_order(left):
        done.look(photo, find, by)
        yield Progress(done.photos, max(total, done.photos), asdict(done))
    return lambda: asdict(done)


def _in_order(left: Any) -> Iterator[Photo]:
    """The photos of `left`, a few at a time."""
    while some := list(left.select_related("owner").order_by("pk")[:_LOOKED_AT]):
        yield from some
        left = left.filter(pk__gt=some[-1].pk)
