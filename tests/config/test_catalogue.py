"""The words of staff's pages in Indonesian: all of them, and as they are compiled."""

from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages import Catalog
from babel.messages.mofile import read_mo
from django.core.management import call_command

from config import catalogue


@pytest.fixture
def kept() -> Catalog:
    return catalogue.read("id")


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where catalogues are kept, for a test that writes one."""
    settings.LOCALE_PATHS = [tmp_path]
    return tmp_path / "id" / "LC_MESSAGES"


def words_of(catalog: Catalog) -> set[tuple[Any, str | None]]:
    return {(each.id, each.context) for each in catalog if each.id}


class TestIndonesian:
    def test_has_all_that_is_marked_and_nothing_else(self, kept: Catalog) -> None:
        assert words_of(kept) == words_of(catalogue.collected())

    def test_says_each_in_indonesian(self, kept: Catalog) -> None:
        assert catalogue.untranslated(kept) == []

    def test_fills_the_same_gaps_as_the_english(self, kept: Catalog) -> None:
        wrong = [(each.id, [str(error) for error in errors]) for each, errors in kept.check()]

        assert wrong == []

    def test_has_one_form_however_many(self, kept: Catalog) -> None:
        forms = {len(each.string or ()) for each in kept if each.pluralizable}

        assert (kept.num_plurals, forms) == (1, {1})

    def test_is_compiled_as_it_is_written(self, kept: Catalog) -> None:
        compiled = catalogue.file_of("id").with_suffix(".mo").read_bytes()

        assert compiled == catalogue.compiled(kept)


class TestFound:
    def test_are_words_of_sources_templates_models_and_other_packages(self) -> None:
        found = {(words, place) for words, _context, place in catalogue.found()}

        assert found >= {
            (("%(count)s cluster", "%(count)s clusters"), "faces/admin/cluster_actions.py"),
            ("Search photos", "config/templates/admin/index.html"),
            ("Not named yet", "config/templates/admin/faces/cluster/card.html"),
            ("taken offset minutes", "photos"),
            ("Breadcrumbs", "other packages"),
        }


class TestMessages:
    def test_are_begun_without_translations(self, folder: Path) -> None:
        out = StringIO()

        call_command("messages", stdout=out)

        count = len(words_of(catalogue.collected()))
        told = out.getvalue().splitlines()
        assert told[0] == f"id: {count} messages, {count} untranslated"
        assert len(told) == count + 1
        assert len(read_mo(BytesIO((folder / "django.mo").read_bytes()))) == 0

    def test_keep_what_is_translated_and_forget_what_is_said_no_more(self, folder: Path) -> None:
        call_command("messages", stdout=StringIO())
        catalog = catalogue.read("id")
        catalog["Merge"].string = "Gabungkan"
        catalog.add("Marge", "Tepi")
        (folder / "django.po").write_bytes(catalogue.written(catalog))

        call_command("messages", stdout=StringIO())

        now = catalogue.read("id")
        assert (now["Merge"].string, now.get("Marge")) == ("Gabungkan", None)

    def test_change_nothing_when_all_is_there(self, kept: Catalog) -> None:
        assert catalogue.written(catalogue.updated("id")) == catalogue.file_of("id").read_bytes()
