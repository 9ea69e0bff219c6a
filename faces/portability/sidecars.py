"""The names of a photo's faces, written for other programs: XMP beside the photo.

Written is who somebody can vouch for: no match that nobody has confirmed, and nobody who is hidden
or not to be recognised.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import file_digest
from pathlib import Path

from django.db.models import Q, QuerySet

from faces import gone
from faces.confirmed import confirmed
from faces.models import Face, Person, Rejection
from faces.portability.overlap import covers
from inference.geometry import Box
from photos.errors import XmpInvalid
from photos.models import Photo
from photos.regions import Region, read, sidecar
from photos.regions.xmp import MAX_BYTES

SUFFIX = ".xmp"
_SECRET = Q(hidden=True) | Q(unrecognised=True)


class Outcome(StrEnum):
    """What has become of the sidecar of a file."""

    WRITTEN = "written"
    SAME = "unchanged"
    NONE = "no names"
    INVALID = "left alone"


@dataclass(frozen=True)
class Written:
    path: Path  # of the sidecar
    outcome: Outcome
    why: str = ""


def sidecar_of(photo: Photo, existing: bytes | None = None) -> bytes:
    """The XMP of `photo`, UTF-8, with the names of its faces as MWG-RS and Microsoft's regions.

    Of an `existing` sidecar all stays that we know nothing better of: also names on faces that
    nobody has named here. What stands on a face that has a name here, what somebody has said to
    be wrong, and names of people who are hidden, not to be recognised or erased, go.

    Raises:
        XmpInvalid: `existing` can't be read.
    """
    size = (photo.width, photo.height)
    ours = _regions(photo)
    theirs = read(existing, size, photo.orientation) if existing else []
    kept = _kept(photo, theirs, ours) if theirs else []
    return sidecar([*ours, *kept], size, photo.orientation, existing)


def write(photos: QuerySet[Photo], folder: Path, *, dry_run: bool = False) -> Iterator[Written]:
    """Write the sidecars of those files below `folder` that are `photos` of one owner, by content.

    The sidecar of IMG_1.jpg is IMG_1.jpg.xmp, or IMG_1.xmp where only that is there. It is
    replaced as a whole, or not at all; one that can't be read is left alone.
    """
    sizes = set(photos.values_list("size_bytes", flat=True))
    for path in _files(folder):
        if path.stat().st_size not in sizes:
            continue
        with path.open("rb") as file:
            sha256 = file_digest(file, "sha256").hexdigest()
        if photo := photos.filter(sha256=sha256).first():
            yield _write(photo, place_of(path), dry_run=dry_run)


def _files(folder: Path) -> Iterator[Path]:
    for above, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(above, name)
            if path.is_file() and not path.is_symlink() and path.suffix.lower() != SUFFIX:
                yield path


def place_of(path: Path) -> Path:
    """Of the photo `path`: where its sidecar is, or would be."""
    usual = path.with_name(path.name + SUFFIX)
    if usual.exists():
        return usual
    loud = SUFFIX.upper()  # as cameras and programs of old write endings
    others = [path.with_suffix(SUFFIX), path.with_name(path.name + loud), path.with_suffix(loud)]
    return next(filter(Path.is_file, others), usual)


def _write(photo: Photo, path: Path, *, dry_run: bool) -> Written:
    existing = _read(path)
    try:
        data = sidecar_of(photo, existing)
    except XmpInvalid as exc:
        return Written(path, Outcome.INVALID, str(exc))
    if existing is None and not read(data, (photo.width, photo.height), photo.orientation):
        return Written(path, Outcome.NONE)
    if data == existing:
        return Written(path, Outcome.SAME)
    if not dry_run:
        _replace(path, data)
    return Written(path, Outcome.WRITTEN)


def _read(path: Path) -> bytes | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)  # more is refused, whatever it says


def _replace(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        new = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            new.chmod(path.stat().st_mode if path.exists() else 0o644)
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise


def _regions(photo: Photo) -> list[Region]:
    """Who is where, from left to right."""
    members = confirmed().filter(face__photo=photo).order_by("face__x", "face")
    return [
        Region(each.cluster.person.name, gone.box_of(each.face))
        for each in members.select_related("face", "part__cluster__person")
        if each.cluster.person and not _is_secret(each.cluster.person)
    ]


def _is_secret(person: Person) -> bool:
    return person.hidden or person.unrecognised


def _kept(photo: Photo, theirs: Sequence[Region], ours: Sequence[Region]) -> list[Region]:
    """Those of an older sidecar that nothing here speaks against."""
    words = [each.name for each in theirs]
    people = Person.objects.filter(owner=photo.owner_id)
    secret = people.filter(_SECRET).filter(Q(name__in=words) | Q(aliases__overlap=words))
    told = {each.name for each in ours}
    told |= {word for person in secret for word in (person.name, *person.aliases)}
    taken = [each.box for each in ours] + gone.boxes(photo) + _secret_boxes(photo)
    wrong = _wrong(photo)
    return [
        each
        for each in theirs
        if each.name not in told
        and not covers(taken, each.box)
        and not covers(wrong.get(each.name, ()), each.box)
    ]


def _secret_boxes(photo: Photo) -> list[Box]:
    members = confirmed().filter(face__photo=photo)
    secret = Q(part__cluster__person__hidden=True) | Q(part__cluster__person__unrecognised=True)
    theirs = members.filter(secret)
    return [gone.box_of(face) for face in Face.objects.filter(pk__in=theirs.values("face"))]


def _wrong(photo: Photo) -> dict[str, list[Box]]:
    """By name: the faces of which somebody has said that they are not of whom it means."""
    wrong: dict[str, list[Box]] = {}
    rejected = Rejection.objects.filter(face__photo=photo).select_related("face", "person")
    for each in rejected:
        for word in (each.person.name, *each.person.aliases):
            wrong.setdefault(word, []).append(gone.box_of(each.face))
    return wrong
