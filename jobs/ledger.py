"""What was erased and deleted, noted outside of the database: no old backup brings it back.

A small file for each, in a folder that is only ever added to, and that no restore replaces. It
holds keys, moments, digests and places; no name, no picture, no vector, no subject of an owner.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Self
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from faces.models import Erasure
from jobs.models import Removal
from photos.errors import StoreUnavailable
from photos.models import Owner

FORMAT = "kindred-erasure"
VERSION = 1
SUFFIX = ".json"
_FEW = 100  # receipts in memory, with the places of what they are of


@dataclass(frozen=True)
class Entry:
    """That a person, or photos, went for good."""

    key: str  # of the receipt
    at: str  # ISO 8601
    owner: int
    owner_digest: str  # no other database has an owner of this number and this digest
    person: int | None = None  # the key that the person had
    people: tuple[tuple[int, str], ...] = ()  # the same, and who was merged: key, when it was made
    places: tuple[tuple[Any, ...], ...] = ()  # of faces: sha256, x, y, width, height
    photos: tuple[str, ...] = ()  # sha256

    @classmethod
    def of(cls, receipt: "Erasure | Removal") -> Self:
        known: dict[str, Any] = {
            "key": str(receipt.key),
            "at": receipt.created_at.isoformat(),
            "owner": receipt.owner_id,
            "owner_digest": digest_of(receipt.owner),
        }
        if isinstance(receipt, Removal):
            return cls(**known, photos=tuple(sha256 for _, sha256 in receipt.photos))
        return cls(
            **known,
            person=receipt.person,
            people=tuple((key, at) for key, at in receipt.people),
            places=tuple(map(tuple, receipt.places)),
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """
        Raises:
            ValueError, KeyError, TypeError: it is none, or of a version that is not known here.
        """
        said = json.loads(data)
        if said.pop("format") != FORMAT or said.pop("version") != VERSION:
            raise ValueError("this is no erasure of a version that is known here")
        said["people"] = tuple((key, at) for key, at in said["people"])
        said["places"] = tuple(map(tuple, said["places"]))
        said["photos"] = tuple(said["photos"])
        return cls(**said)

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @property
    def uuid(self) -> UUID:
        return UUID(self.key)


def digest_of(owner: Owner) -> str:
    return hashlib.sha256(f"{owner.pk} {owner.created_at.isoformat()}".encode()).hexdigest()


def owner_of(entry: Entry) -> Owner | None:
    """Whose it is. None: it is of another database, or they are gone."""
    owner = Owner.objects.filter(pk=entry.owner).first()
    return owner if owner and digest_of(owner) == entry.owner_digest else None


def note(entry: Entry) -> None:
    """Have `entry` in the ledger. What it has of that key already stays as it is.

    Raises:
        StoreUnavailable: it can't be written.
    """
    data = json.dumps({"format": FORMAT, "version": VERSION, **asdict(entry)}).encode()
    name = f"{entry.key}{SUFFIX}"
    try:
        if not _store().exists(name):
            _store().save(name, ContentFile(data))
    except OSError as exc:
        raise StoreUnavailable("The ledger of erasures can't be written: try again.") from exc


def complete() -> int:
    """Note what it does not have yet: of before there was a ledger. Returns how many that are.

    Raises:
        StoreUnavailable: it can't be written.
    """
    there, count = set(keys()), 0
    for receipt in _receipts():
        if receipt.key not in there:
            note(Entry.of(receipt))
            count += 1
    return count


def _receipts() -> Iterator[Erasure | Removal]:
    for table in (Erasure, Removal):
        rows: Any = table._default_manager.select_related("owner")  # noqa: SLF001  # documented
        yield from rows.order_by("pk").iterator(chunk_size=_FEW)


def keys() -> list[UUID]:
    """Of all that it has."""
    try:
        _, names = _store().listdir("")
    except FileNotFoundError:
        return []
    return [UUID(PurePosixPath(name).stem) for name in sorted(names) if name.endswith(SUFFIX)]


def unknown() -> Iterator[Entry]:
    """Entries of which the database has no receipt, the oldest first: it is older than they are.

    Raises:
        StoreUnavailable: an entry can't be read.
    """
    there = keys()
    known = {
        key
        for table in (Erasure, Removal)
        for key in table._default_manager.filter(key__in=there).values_list("key", flat=True)  # noqa: SLF001  # documented
    }
    yield from sorted((_read(key) for key in there if key not in known), key=lambda each: each.at)


def _read(key: UUID) -> Entry:
    try:
        with _store().open(f"{key}{SUFFIX}") as file:
            return Entry.read(file.read())
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise StoreUnavailable(f"The ledger's entry {key} can't be read.") from exc


def _store() -> Storage:
    return storages["erasures"]
