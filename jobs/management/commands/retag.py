"""`manage.py retag`: photos have the tags of the vocabulary as it is now."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from inference.errors import InferenceError
from jobs.active import ActiveOperations, taggers
from photos import serving
from photos.models import Owner, Photo
from search.captions import ComposeCaption
from search.errors import SearchError
from search.tags import TagPhoto, retag, to_retag


class Command(BaseCommand):
    help = (
        "Tag photos again after a change of the vocabulary, or of the models. "
        "Works on photos that were tagged before, from their stored vectors: no photo is read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--owner", metavar="SUBJECT", help="only this owner's photos")

    def handle(self, *, owner: str | None, **options: Any) -> None:
        photos = _photos(owner)
        try:
            with serving.client() as triton:
                tags, captions = taggers(ActiveOperations(triton, settings.MODEL_REPOSITORY))
                if tags is None:
                    raise CommandError(
                        "No models here tag photos: run `manage.py models list` to see which there "
                        "are. It takes an image_encoder and a text_encoder."
                    )
                self.retag(photos, tags, captions)
        except (SearchError, InferenceError) as exc:
            raise CommandError(str(exc)) from exc

    def retag(
        self, photos: QuerySet[Photo], tags: TagPhoto, captions: ComposeCaption | None
    ) -> None:
        """Show the progress after each batch; what is done stays done if this is stopped."""
        total = to_retag(photos, tags).count()
        if not total:
            self.stdout.write("All photos have the tags of this vocabulary and these models.")
        for done in retag(photos, tags, captions):
            self.stdout.write(f"{done}/{total} photos")


def _photos(subject: str | None) -> QuerySet[Photo]:
    if subject is None:
        return Photo.objects.all()
    owner = Owner.objects.filter(subject=subject).first()
    if owner is None:
        raise CommandError(f"There is no owner {subject!r}.")
    return Photo.objects.of(owner)
