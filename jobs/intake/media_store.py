"""The media store: photos are fetched from it by its ids, and it is told what was found in them."""

import re
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import storages
from rest_framework.renderers import JSONRenderer

from jobs.errors import MediaStoreMissing, UploadTooLarge
from jobs.models import STATUS, Delivery, Item, State
from jobs.models.work import with_findings
from jobs.operations import current_recipes
from jobs.services import fetch_policy
from jobs.telling.outbox import Answer
from jobs.telling.outgoing import request
from photos.addresses import Link
from photos.errors import FetchMissing, PhotoError, StoreUnavailable
from photos.fetch import GONE, FetchPolicy, Headers, fetch
from photos.models import Owner
from photos.storage import lacks_file
from search.errors import SearchError
from search.serializers import PhotoSerializer

_FOLDER = "media_store"  # of the intake storage, that the stub has its photos in
_NOT_SET = "There is no media store: MEDIA_STORE_URL is not set."


def is_there() -> bool:
    """Whether this installation has a media store, or a stub that stands for one."""
    return bool(settings.MEDIA_STORE_STUB or settings.MEDIA_STORE_URL)


def is_id(text: str) -> bool:
    """Whether `text` can be a part of a path, and leads nowhere else."""
    return text.isprintable() and not re.fullmatch(r"\.{0,2}|.*[/\\].*", text)


def photo(media_id: str, owner: Owner, *, max_bytes: int) -> bytes:
    """The photo that the media store knows by `media_id`.

    Raises:
        MediaStoreMissing: there is none, or no media store.
        UploadTooLarge: the stub's file is.
        PhotoError: as photos.fetch.fetch().
    """
    if not (is_there() and is_id(media_id)):
        raise MediaStoreMissing(f"The media store has no photo {media_id!r}.")
    if settings.MEDIA_STORE_STUB:
        return _from_folder(media_id, max_bytes)
    return MediaStore.from_settings().photo(media_id, owner)


def push(delivery: Delivery) -> Answer:
    """Tell the media store how the delivery's item is now. Told twice, it knows the same."""
    if settings.MEDIA_STORE_STUB:
        return Answer(delivered=True)
    if not settings.MEDIA_STORE_URL:
        return Answer(delivered=False, error=_NOT_SET)
    try:
        item = _with_results(delivery)
        told = JSONRenderer().render(_told(item))
        return MediaStore.from_settings().tell(item.location, item.owner, told)
    except (PhotoError, SearchError, MediaStoreMissing) as exc:
        return Answer(delivered=False, error=str(exc))


@dataclass(frozen=True)
class MediaStore:
    """A server that has photos under ids, and wants to know what is in them.

    The operator vouches for its host, which may be a private one, for no other. The token is for
    that server alone: where it redirects to does not get it.
    """

    url: str
    token: str = field(repr=False)
    photo_path: str
    result_path: str
    policy: FetchPolicy

    @classmethod
    def from_settings(cls) -> Self:
        policy, url = fetch_policy(), settings.MEDIA_STORE_URL
        vouched = policy.allowed_hosts | {Link.parse(url).host}
        return cls(
            url=url.rstrip("/"),
            token=settings.MEDIA_STORE_TOKEN,
            photo_path=settings.MEDIA_STORE_PHOTO_PATH,
            result_path=settings.MEDIA_STORE_RESULT_PATH,
            policy=replace(policy, allowed_hosts=vouched),
        )

    def photo(self, media_id: str, owner: Owner) -> bytes:
        """The bytes of a photo.

        Raises:
            MediaStoreMissing: the server knows no such id.
            PhotoError: as photos.fetch.fetch().
        """
        try:
            url = self._at(self.photo_path, media_id, owner)
            return fetch(url, self.policy, headers=self._credentials)
        except FetchMissing as exc:
            raise MediaStoreMissing(f"The media store has no photo {media_id!r}.") from exc

    def tell(self, media_id: str, owner: Owner, told: bytes) -> Answer:
        """Put the JSON `told` to where results belong. It is final that there is no such place."""
        url = self._at(self.result_path, media_id, owner)
        answer = request("PUT", url, told, headers=dict(self._credentials), policy=self.policy)
        return replace(answer, gone=answer.status_code in GONE)

    @property
    def _credentials(self) -> Headers:
        return [("Authorization", f"Bearer {self.token}")] if self.token else []

    def _at(self, path: str, media_id: str, owner: Owner) -> str:
        parts = {"{id}": media_id, "{owner}": owner.subject}
        for name, value in parts.items():
            if name in path and not is_id(value):
                raise MediaStoreMissing(f"The media store has no photo {media_id!r}.")
            path = path.replace(name, quote(value, safe=""))
        return f"{self.url}/{path.lstrip('/')}"


def _from_folder(media_id: str, max_bytes: int) -> bytes:
    try:
        with storages["intake"].open(f"{_FOLDER}/{media_id}") as file:
            if file.size > max_bytes:
                raise UploadTooLarge(f"The file has more than {max_bytes} bytes.")
            return bytes(file.read())
    except OSError as exc:
        if not lacks_file(exc):
            raise StoreUnavailable("The storage of photos can't be read now.") from exc
        raise MediaStoreMissing(f"The media store has no photo {media_id!r}.") from exc


def _with_results(delivery: Delivery) -> Item:
    """The item as it is now, with what the models of today have found in its photo."""
    items = Item.objects.select_related("job", "owner")
    return with_findings(items, current_recipes()).get(deliveries=delivery)


def _told(item: Item) -> dict[str, object]:
    """As the API shows it. `status` may be that of another try, which will be told as well."""
    error = {"code": item.error_code, "detail": item.error_detail} if item.error_code else None
    return {
        "job_id": item.job_id,
        "item_id": item.pk,
        "media_store_id": item.location,
        "external_id": item.external_id,
        "operations": item.job.operations,
        "status": STATUS[State(item.state)],
        "attempts": item.attempts,
        "finished_at": item.finished_at,
        "result": PhotoSerializer(item.photo).data if item.photo else None,
        "error": error,
    }
