"""Files in a store that speaks S3's protocol. Imported only where there is one: it is large."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from photos.errors import StoreUnavailable

_CONNECT_S, _READ_S = 5, 20
_TRIES = 2


class S3Files(S3Storage):  # type: ignore[misc]  # it has no types
    """Signs addresses by itself, and says in our words when the store is away."""

    def __init__(self, **settings: Any) -> None:
        style = settings.pop("addressing_style")
        config = Config(
            s3={"addressing_style": style},
            signature_version="s3v4",
            connect_timeout=_CONNECT_S,
            read_timeout=_READ_S,
            retries={"total_max_attempts": _TRIES},
        )
        super().__init__(client_config=config, **settings)

    def ensure_bucket(self) -> bool:
        """Have the bucket, nobody's but ours; whether it was made now.

        Raises:
            StoreUnavailable: the store gives no answer, or lets us neither see nor make it.
        """
        client = self.connection.meta.client
        with _said():
            try:
                client.head_bucket(Bucket=self.bucket_name)
            except ClientError as exc:
                if exc.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_FOUND:
                    raise
                client.create_bucket(Bucket=self.bucket_name)
                return True
        return False

    def _save(self, name: str, content: File[bytes]) -> Any:
        with _said():
            return super()._save(name, content)

    def listdir(self, name: str) -> Any:
        with _said():
            return super().listdir(name)

    def delete(self, name: str) -> None:
        with _said():
            super().delete(name)


@contextmanager
def _said() -> Iterator[None]:
    """
    Raises:
        StoreUnavailable: whatever goes wrong in the store. What it says may have addresses in it.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as exc:
        raise StoreUnavailable(
            "The store of annotated pictures gives no answer, or refuses. Try again in a moment."
        ) from exc
