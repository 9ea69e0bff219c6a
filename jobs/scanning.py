"""A folder of photos on this machine, read in: what is new in it becomes jobs, however often asked.

What a file is called there is its photo's external id. A file is read only if it may have changed:
nobody knows it by that name, or it was written since. What is the same as a photo that the owner
has is named, and not looked at again. A sidecar goes along with its photo; those of photos that the
owner has are read at each look, and what is new in them counts.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from pathlib import Path

from django.core.files import File

from faces.portability.locating import batches
from jobs import beside, services
from jobs.models import UNFINISHED, Item, State
from photos.errors import PhotoError
from photos.models import Owner, Photo, Reference
from photos.operations import ALL
from photos.services import refer

ENDINGS = frozenset({".avif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
AT_ONCE = 100  # files: the photos of one job
_LONGEST = 255  # letters of an external id
_TOLD = 100  # files that are named in a report


@dataclass
class Scanned:
    """What became of the files."""

    new: int = 0  # sent to be looked at
    known: int = 0  # photos that the owner has
    waiting: int = 0  # sent before, and not done yet
    failed: int = 0  # sent before, and no photo; not written since
    sidecars: int = 0  # sent along, or new beside a photo that the owner has
    young: int = 0  # written a moment ago: the next look takes them
    left_out: int = 0  # too large, or not to be read
    problems: list[str] = field(default_factory=list)  # of the last ones, the first

    def leave_out(self, name: str, reason: str) -> None:
        self.left_out += 1
        if len(self.problems) < _TOLD:
            self.problems.append(f"{name}: {reason}")


@dataclass(frozen=True)
class Seen:
    """A file, as the folder has it."""

    path: Path
    external_id: str
    written_at: datetime
    sidecar: Path | None


@dataclass(frozen=True)
class Order:
    """How to look."""

    folder: Path
    max_bytes: int
    operations: Sequence[str] = (ALL,)
    recheck: bool = False  # read all files, also those that seem to be as they were
    settle_s: float = 0.0  # a file that was written since may still be written to


def scan(owner: Owner, order: Order, *, now: datetime) -> Iterator[Scanned]:
    """Look at all files, and give what has become of them so far, after each AT_ONCE of them.

    Seven queries and a job at most for each AT_ONCE, and what new sidecars take. Stopping half way
    loses nothing.

    Raises:
        QueueFull: too many of the owner's photos wait. What was sent stays sent.
    """
    found, files = Scanned(), list[Seen]()
    for files in batches(_files(order, found, now), AT_ONCE):
        _take(owner, files, order, found)
        yield found
    if not files:
        yield found  # of what was left out


def _files(order: Order, found: Scanned, now: datetime) -> Iterator[Seen]:
    """In the order of their names; what can't be taken is counted."""
    for path in _paths(order.folder, found):
        name = _name(path, order.folder)
        try:
            stat = path.stat()
        except OSError as exc:
            found.leave_out(name, str(exc.strerror))
            continue
        written_at = datetime.fromtimestamp(stat.st_mtime, UTC)
        if stat.st_size > order.max_bytes:
            found.leave_out(name, f"more than {order.max_bytes} bytes")
        elif 0 <= (now - written_at).total_seconds() < order.settle_s:
            found.young += 1
        else:
            yield Seen(path, _external_id(name), written_at, beside.sidecar_of(path))


def _paths(folder: Path, found: Scanned) -> Iterator[Path]:
    """Photos by their names' endings. Neither hidden files, nor links. Lone sidecars are named."""

    def closed(error: OSError) -> None:
        found.leave_out(_name(Path(error.filename), folder), str(error.strerror))

    for parent, folders, names in os.walk(folder, onerror=closed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        seen = sorted(name for name in names if not name.startswith("."))
        photos = [name for name in seen if Path(name).suffix.lower() in ENDINGS]
        for name in beside.alone(seen, photos):
            found.leave_out(_name(Path(parent, name), folder), "a sidecar without its photo")
        paths = (Path(parent, name) for name in photos)
        yield from (path for path in paths if not path.is_symlink())


def _name(path: Path, folder: Path) -> str:
    """As text: the bytes of a file's name may be none, and NUL is in none of them."""
    return os.fsencode(path.relative_to(folder).as_posix()).decode(errors="replace")


def _external_id(name: str) -> str:
    """Its name; where that is too long the end of it, behind a digest of the whole."""
    if len(name) <= _LONGEST:
        return name
    digest = sha256(name.encode()).hexdigest()[:16]
    return f"{digest}…{name[-(_LONGEST - len(digest) - 1) :]}"


def _take(owner: Owner, files: Sequence[Seen], order: Order, found: Scanned) -> None:
    here, left = _divided(owner, files, order, found)
    digests = dict(_digests(left, found))
    photos = _by_content(owner, set(digests.values()))
    new = []
    for file in left:
        digest = digests.get(file.external_id)
        if digest is None:
            continue
        if photo := photos.get(digest):
            refer(photo, file.external_id)
            here.append(file)
        else:
            new.append(file)
    found.known += len(here)
    _read_sidecars(owner, here, found)
    _send(owner, new, order, found)


def _divided(
    owner: Owner, files: Sequence[Seen], order: Order, found: Scanned
) -> tuple[list[Seen], list[Seen]]:
    """Those whose photos are here, and those that have to be read."""
    names = [file.external_id for file in files]
    came_at, asked = _came_at(owner, names), _asked(owner, names)
    here, left = [], []
    for file in files:
        state, ended_at = asked.get(file.external_id, (None, None))
        came = came_at.get(file.external_id)
        if state in UNFINISHED:
            found.waiting += 1
        elif order.recheck:
            left.append(file)
        elif came and file.written_at <= came:
            here.append(file)
        elif state == State.FAILED and ended_at and file.written_at <= ended_at:
            found.failed += 1
        else:
            left.append(file)
    return here, left


def _came_at(owner: Owner, names: Sequence[str]) -> dict[str, datetime]:
    rows = Reference.objects.filter(owner=owner, external_id__in=names)
    return dict(rows.values_list("external_id", "photo__created_at"))


def _asked(owner: Owner, names: Sequence[str]) -> dict[str, tuple[str, datetime | None]]:
    """What became of what was asked last, by name."""
    items = Item.objects.filter(owner=owner, external_id__in=names, source=Item.Source.UPLOAD)
    rows = items.order_by("pk").values_list("external_id", "state", "finished_at")
    return {name: (state, ended_at) for name, state, ended_at in rows}


def _digests(files: Sequence[Seen], found: Scanned) -> Iterator[tuple[str, str]]:
    for file in files:
        try:
            with file.path.open("rb") as content:
                yield file.external_id, file_digest(content, "sha256").hexdigest()
        except OSError as exc:
            found.leave_out(file.external_id, str(exc.strerror))


def _by_content(owner: Owner, digests: set[str]) -> Mapping[str, Photo]:
    photos = Photo.objects.of(owner).filter(sha256__in=digests)
    return {photo.sha256: photo for photo in photos}


def _send(owner: Owner, files: Sequence[Seen], order: Order, found: Scanned) -> None:
    sources = list(_sources(files, found))
    if not sources:
        return
    services.submit(owner, sources, operations=order.operations)
    found.new += len(sources)


def _sources(files: Sequence[Seen], found: Scanned) -> Iterator[services.Source]:
    for file in files:
        sidecar = _sidecar(file, found)
        try:
            with file.path.open("rb") as content:
                named = File(content, _name(file.path, file.path.parent))
                yield services.upload(named, external_id=file.external_id, sidecar=sidecar)
        except OSError as exc:
            found.leave_out(file.external_id, str(exc.strerror))
        else:
            found.sidecars += bool(sidecar)


def _sidecar(file: Seen, found: Scanned) -> bytes:
    """What lies beside a new photo; nothing where it can't be read: then that is told."""
    packet = b""
    with _told(file, found):
        if file.sidecar:
            packet = beside.checked(beside.load(file.sidecar))
    return packet


def _read_sidecars(owner: Owner, files: Sequence[Seen], found: Scanned) -> None:
    """Those of photos that are here."""
    places = {file.external_id: file.sidecar for file in files if file.sidecar}
    photos = beside.photos_called(owner, places) if places else {}
    for file in files:
        photo = photos.get(file.external_id)
        if photo and file.sidecar:
            with _told(file, found):
                found.sidecars += beside.read(photo, beside.load(file.sidecar))


@contextmanager
def _told(file: Seen, found: Scanned) -> Iterator[None]:
    """A sidecar that can't be read is left out, and its photo is not."""
    try:
        yield
    except OSError as exc:
        found.leave_out(f"{file.external_id}, its sidecar", str(exc.strerror))
    except PhotoError as exc:
        found.leave_out(f"{file.external_id}, its sidecar", str(exc))
