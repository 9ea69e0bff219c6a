"""What storages announce, read: events of S3, of MinIO and of Supabase.

Sources: Amazon S3 User Guide, "Event message structure"; MinIO, "Bucket notifications"; Supabase,
"Database Webhooks" on `storage.objects`, or on a table `processing_queue` of one's own.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote_plus

from jobs.errors import FindingsInvalid, StorageEventInvalid
from jobs.given import Given
from photos.operations import ALL, OPERATIONS

MOST = 100  # events of one request
QUEUE = "processing_queue"  # a table; its name stands for the bucket
_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ""}
)
_NAME, _KEY, _URL = 255, 1024, 4096  # letters at most
_FIRST, _LAST = 1, 10  # priorities of the queue's table
_UNKNOWN = "That is no event of S3, of MinIO or of Supabase: send it as they do."


@dataclass(frozen=True)
class Created:
    """A photo that is there now. Where its event says nothing, its source decides."""

    bucket: str
    key: str  # in the bucket; empty: `url` says where it is
    identity: str  # the same when the event is sent again
    url: str = ""
    external_id: str = ""
    operations: tuple[str, ...] = ()
    priority: int | None = None


@dataclass(frozen=True)
class Announcement:
    """What one request says. `buckets` are those of all its events."""

    buckets: frozenset[str]
    photos: tuple[Created, ...]
    ignored: int  # events that are about no new photo


_Event = tuple[str, Created | None]  # its bucket; None: nothing new


def read(body: bytes) -> Announcement:
    """Read the body of a request.

    Raises:
        StorageEventInvalid: naming the place, and what is wrong there.
    """
    try:
        given = Given(json.loads(body))
        events = list(_shape_of(given.members())(given))
    except FindingsInvalid as exc:
        raise StorageEventInvalid(str(exc)) from exc
    except (ValueError, RecursionError) as exc:
        raise StorageEventInvalid("The body is no JSON.") from exc
    photos = tuple(created for _, created in events if created)
    buckets = frozenset(bucket for bucket, _ in events)
    return Announcement(buckets, photos, ignored=len(events) - len(photos))


def _shape_of(members: Mapping[str, Given]) -> Callable[[Given], Iterator[_Event]]:
    if "Records" in members:
        return _of_s3
    if members.keys() >= {"Event", "Bucket"}:
        return _of_s3_test
    if members.keys() >= {"type", "table", "record"}:
        return _of_supabase
    raise StorageEventInvalid(_UNKNOWN)


def _of_s3(given: Given) -> Iterator[_Event]:
    """Of S3 and MinIO: keys come as in a form, with + for a space."""
    for record in given["Records"].each(most=MOST):
        bucket = _text(record["s3"]["bucket"]["name"], _NAME)
        kind = _text(record["eventName"], _NAME).removeprefix("s3:")
        yield bucket, _s3_object(bucket, record) if kind.startswith("ObjectCreated:") else None


def _s3_object(bucket: str, record: Given) -> Created | None:
    stored = record["s3"]["object"]
    key = _decoded(stored["key"])
    versions = {name: stored.value.get(name) for name in ("eTag", "sequencer", "versionId")}
    identity = _digest(bucket, key, versions) if any(versions.values()) else _digest(record.value)
    return Created(bucket, key, identity) if _may_be_photo(key) else None


def _of_s3_test(given: Given) -> Iterator[_Event]:
    """What S3 sends when somebody sets it up."""
    yield _text(given["Bucket"], _NAME), None


def _of_supabase(given: Given) -> Iterator[_Event]:
    """A row of a table; the old one, where there is no new one, as in a deletion."""
    is_new = _text(given["type"], _NAME) == "INSERT"
    row = given["old_record" if given.value["record"] is None else "record"]
    match given.value.get("schema"), given.value["table"]:
        case "storage", "objects":
            bucket = _text(row["bucket_id"], _NAME)
            yield bucket, _supabase_object(bucket, row) if is_new else None
        case _, "processing_queue":
            yield QUEUE, _queued(row) if is_new else None
        case _:
            raise StorageEventInvalid(_UNKNOWN)


def _supabase_object(bucket: str, row: Given) -> Created | None:
    key = _text(row["name"], _KEY)
    return Created(bucket, key, _digest(row.value)) if _may_be_photo(key) else None


def _queued(row: Given) -> Created | None:
    """A job of the queue's table: its first priority is 1, its last is 10.

    Its photo is at `url`, or at `path` or else `asset_id` in the place of its source.
    """
    said = {name: each for name, each in row.members().items() if each.value is not None}
    if "status" in said and said["status"].value != "pending":
        return None
    asset = _text(said["asset_id"], _NAME) if "asset_id" in said else ""
    url = _text(said["url"], _URL) if "url" in said else ""
    key = _text(said["path"], _KEY) if "path" in said else asset
    if not (url or key):
        raise row.wrong("give asset_id, path or url.")
    return Created(
        bucket=QUEUE,
        key="" if url else key,
        identity=_digest(row.value),
        url=url,
        external_id=asset,
        operations=_operations(said["operations"]) if "operations" in said else (),
        priority=_ours(said["priority"]) if "priority" in said else None,
    )


def _ours(priority: Given) -> int:
    return _LAST + 1 - priority.whole(_FIRST, _LAST)


def _operations(given: Given) -> tuple[str, ...]:
    known = [*OPERATIONS, ALL]
    return tuple(each.one_of(known) for each in given.each(most=2 * len(known)))


def _digest(*said: Any) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _decoded(given: Given) -> str:
    key = _text(given, 3 * _KEY)
    try:
        return _text(Given(unquote_plus(key, errors="strict"), given.place), _KEY)
    except UnicodeDecodeError as exc:
        raise given.wrong("the key is no UTF-8.") from exc


def _text(given: Given, most: int) -> str:
    text = given.text(most=most)
    if not text.isprintable():
        raise given.wrong("there is a letter that can't be seen.")
    return text


def _may_be_photo(key: str) -> bool:
    """By its name. Folders and hidden files are none."""
    name = key.rpartition("/")[2]
    return (
        bool(name) and not name.startswith(".") and PurePosixPath(name).suffix.lower() in _SUFFIXES
    )
