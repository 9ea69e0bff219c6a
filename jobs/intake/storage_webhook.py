"""Storages that announce new photos: whose they are, and a job for each photo."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote
from uuid import UUID

from django.utils.crypto import constant_time_compare
from standardwebhooks import Webhook as Signature
from standardwebhooks import WebhookVerificationError

from jobs import services
from jobs.errors import StorageEventInvalid, StorageUnproven
from jobs.intake import storage_events
from jobs.intake.storage_events import Created
from jobs.models import Item, StorageSource
from jobs.services import Source, Wishes
from photos.errors import PhotoError
from photos.fetch import check_url
from photos.idempotency import Idempotency
from photos.operations import ALL

_LONGEST_ID = 255  # letters of an external id
_REFUSED = "The request shows no secret of a storage that is known here, nor is it signed with one."


@dataclass(frozen=True)
class Received:
    job_pks: tuple[UUID, ...]
    ignored: int  # events that are about no new photo


def receive(body: bytes, headers: Mapping[str, str], *, result_files: bool = False) -> Received:
    """Ask for work on the photos that a request announces: one job each, with the same again.

    Nothing is asked for before all of the request has been found to be right.

    Raises:
        StorageUnproven: a bucket is not known, or no source of that name has signed the request.
        StorageEventInvalid: it can't be read, or a photo lies outside of its source.
        QueueFull: the owner has too many photos waiting; sent again, it goes on from there.
    """
    announced = storage_events.read(body)
    sources = _proven(announced.buckets, body, headers)
    located = [
        (each, _locate(each, sources[each.bucket], number))
        for number, each in enumerate(announced.photos)
    ]
    pks = [
        _submit(created, sources[created.bucket], photo, result_files=result_files)
        for created, photo in located
    ]
    return Received(tuple(dict.fromkeys(pks)), announced.ignored)


def _proven(
    buckets: frozenset[str], body: bytes, headers: Mapping[str, str]
) -> dict[str, StorageSource]:
    """Of each bucket, the source whose secret the request shows, or has been signed with."""
    named = StorageSource.objects.filter(bucket__in=buckets, enabled=True).select_related("owner")
    proven = {each.bucket: each for each in named if _is_from(each, body, headers)}
    if not buckets or proven.keys() != buckets:
        raise StorageUnproven(_REFUSED)
    return proven


def _is_from(source: StorageSource, body: bytes, headers: Mapping[str, str]) -> bool:
    scheme, _, shown = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return constant_time_compare(shown.strip(), source.secret)
    try:
        Signature(source.secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # the latter: of what is no base64 or text
        return False
    return True


def _locate(created: Created, source: StorageSource, number: int) -> Source:
    """Where the photo is fetched from, checked like a caller's URL."""
    url = created.url or _inside(source.base_url, created.key, number)
    try:
        check_url(url, services.fetch_policy())
    except PhotoError as exc:
        raise StorageEventInvalid(f"photo {number}: {exc}") from exc
    external_id = created.external_id or _fitting(f"{created.bucket}/{created.key}")
    return Source(Item.Source.URL, url, external_id)


def _inside(base_url: str, key: str, number: int) -> str:
    """The URL of `key`, whose every part is quoted: it can't lead out of `base_url`."""
    parts = key.split("/")
    if {"", ".", ".."} & set(parts) or "\\" in key:
        raise StorageEventInvalid(f"photo {number}: the key {key!r} is none inside of a bucket.")
    return f"{base_url.rstrip('/')}/{'/'.join(quote(part, safe='') for part in parts)}"


def _fitting(external_id: str) -> str:
    """The end of one that is too long gives way to its digest."""
    if len(external_id) <= _LONGEST_ID:
        return external_id
    digest = sha256(external_id.encode()).hexdigest()
    return f"{external_id[: _LONGEST_ID - len(digest) - 1]}~{digest}"


def _submit(created: Created, source: StorageSource, photo: Source, *, result_files: bool) -> UUID:
    priority = source.priority if created.priority is None else created.priority
    key = Idempotency(f"storage:{source.pk}:{created.identity}", created.identity)
    operations = created.operations or source.operations or (ALL,)
    wishes = Wishes(priority, key, result_files=result_files)
    return services.submit(source.owner, [photo], operations=operations, wishes=wishes).pk
