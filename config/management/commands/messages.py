"""`manage.py messages`: bring the words of staff's pages, in other languages, up to date."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import catalogue


class Command(BaseCommand):
    help = (
        "Find the words of staff's pages in the sources, put new ones into locale/, and compile "
        "what is there. Then translate what it names, and call it once more."
    )

    def handle(self, **options: Any) -> None:
        for language, _name in settings.LANGUAGES:
            if language != settings.LANGUAGE_CODE:
                self._bring(language)

    def _bring(self, language: str) -> None:
        catalog, file = catalogue.updated(language), catalogue.file_of(language)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(catalogue.written(catalog))
        file.with_suffix(".mo").write_bytes(catalogue.compiled(catalogue.read(language)))
        missing = catalogue.untranslated(catalog)
        self.stdout.write(f"{language}: {len(catalog)} messages, {len(missing)} untranslated")
        for words in missing:
            self.stdout.write(f"  {words}")
