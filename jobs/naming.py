"""Reading the names in the files of photos that were stored before these were read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from faces.portability import files
from jobs import looking, services
from jobs.errors import NamesUnwanted
from jobs.models import Job
from jobs.recounting import recount
from jobs.services import Wishes
from jobs.steps import Outcome, Progress, Steps, Tally
from photos.decoding import decoders
from photos.errors import PhotoError
from photos.idempotency import Idempotency
from photos.models import Owner, Photo
from photos.thumbnails import original_of

_READ = 100  # photos of one look at the database


@dataclass(kw_only=True)
class Read(Tally):
    """What reading names has come to, or would."""

    dry_run: bool
    faces: int = 0  # that were given to people
    drawn: int = 0  # of these, where none was found
    people: int = 0  # who were not known

    def read(self, photo: Photo) -> None:
        try:
            with decoders().decoded(original_of(photo)) as decoded:
                named = files.read(photo, decoded, dry_run=self.dry_run)
        except PhotoError as exc:
            self.fail(photo, exc)
        else:
            self.faces += named.faces
            self.drawn += named.drawn
            self.people += named.people
            if named.drawn and not self.dry_run:
                recount([photo.pk])
        self.count(photo)


def ask(owner: Owner, arguments: Mapping[str, Any], idempotency: Idempotency | None = None) -> Job:
    """A job of read_names().

    Raises:
        NamesUnwanted: as there.
        IdempotencyKeyReused, QueueFull: as services.submit_task().
    """
    _check_wanted()
    wishes = Wishes(idempotency=idempotency)
    return services.submit_task(owner, Job.Kind.READ_NAMES, arguments, wishes=wishes)


def read_names(owner: Owner, arguments: Mapping[str, Any], before: Outcome) -> Steps:
    """Give faces the names that the files of their photos have, as when faces are first found.

    Of photos whose files were not asked yet; of so many at most as `limit` says. A `dry_run` only
    tells: of each photo as if it were alone, so somebody new in two of them counts twice.

    Raises:
        NamesUnwanted: names are left alone here.
    """
    _check_wanted()
    done = Read(**before) if before else Read(dry_run=bool(arguments.get("dry_run")))
    left = files.unread(owner).select_related("owner").order_by("pk")
    most = arguments.get("limit")
    total = done.photos + left.filter(pk__gt=done.last_photo).count()
    total = total if most is None else min(total, most)
    while some := left.filter(pk__gt=done.last_photo)[: min(_READ, total - done.photos)]:
        for photo in some:
            done.read(photo)
            yield Progress(done.photos, total, asdict(done))
    if done.drawn and not done.dry_run:
        looking.ask(owner)
    return lambda: asdict(done)


def _check_wanted() -> None:
    if not settings.READ_NAMES:
        raise NamesUnwanted("Names in the files of photos are left alone here: set READ_NAMES.")
