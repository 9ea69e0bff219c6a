"""`manage.py make_bucket`: where annotated pictures go to, if that is a store of one's own."""

from typing import Any

from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError

from photos.errors import StoreUnavailable


class Command(BaseCommand):
    help = (
        "Have the bucket of annotated pictures (ANNOTATED_S3_BUCKET) in its store. Twice is fine."
    )

    def handle(self, **_options: Any) -> None:
        store: Any = storages["annotated"]
        if not hasattr(store, "ensure_bucket"):
            self.stdout.write("Annotated pictures are files here: there is no bucket to make.")
            return
        try:
            made = store.ensure_bucket()
        except StoreUnavailable as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"{store.bucket_name}: {'made' if made else 'was there'}")
