"""The words of staff's pages, for translators: found in the sources, kept in a file, compiled.

Babel reads Python and writes the files, so that no program of the system has to be there.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.utils.encoding import force_str
from django.utils.translation import override
from django.utils.translation.template import templatize

PACKAGES = ("config", "faces", "jobs", "photos", "search")
_PLURAL, _WITH_CONTEXT = (1, 2), ((1, "c"), 2)
_KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": _PLURAL,
    "ngettext_lazy": _PLURAL,
    "pgettext": _WITH_CONTEXT,
    "pgettext_lazy": _WITH_CONTEXT,
}
_NAMED = {*PACKAGES, "django_q"}  # of other apps Django and the REST framework know the words
# What other packages say on their pages, and have no Indonesian for.
_OTHERS = (
    "Bimonthly", "Biweekly", "Breadcrumbs", "Created", "Daily", "Hourly", "Key", "Monthly", "Once",
    "Quarterly", "Queue options", "Short result", "Sidebar", "Weekly", "Yearly", "last_run",
    "success",
)  # fmt: skip

Found = tuple[Any, str | None, str]  # the words (a pair, if they count), their context, the file


def file_of(language: str) -> Path:
    [folder] = settings.LOCALE_PATHS
    return Path(folder) / language / "LC_MESSAGES" / "django.po"


def found() -> Iterator[Found]:
    """All that is to be translated."""
    for package in PACKAGES:
        for path in sorted((Path(settings.BASE_DIR) / package).rglob("*")):
            if path.suffix in {".py", ".html"}:
                yield from _in_file(path)
    with override("en"):
        yield from _names()
    yield from ((words, None, "other packages") for words in _OTHERS)


def _in_file(path: Path) -> Iterator[Found]:
    text, place = path.read_text(), str(path.relative_to(settings.BASE_DIR))
    if path.suffix == ".html":
        # What is no message is blotted out there; the brackets let lines begin anywhere.
        text = f"({templatize(text)})"
    for _line, words, _comments, context in extract("python", BytesIO(text.encode()), _KEYWORDS):
        yield words, context, place


def _names() -> Iterator[Found]:
    """Of models, and of the fields of those with pages, which are in no source as words."""
    for model in apps.get_models():
        if model._meta.app_label in PACKAGES:  # noqa: SLF001  # the table of a model
            yield force_str(model._meta.verbose_name), None, model._meta.app_label  # noqa: SLF001
    for model, page in admin.site._registry.items():  # noqa: SLF001  # all pages there are
        kind = model._meta  # noqa: SLF001  # the table of a model
        if kind.app_label in _NAMED:
            filters = (each if isinstance(each, tuple) else (each,) for each in page.list_filter)
            paths = [each[0] for each in filters if isinstance(each[0], str)]
            reached = (get_fields_from_path(model, path)[-1] for path in paths)
            fields: list[Any] = [*kind.fields, *kind.many_to_many, *reached]
            words = [kind.verbose_name, kind.verbose_name_plural]
            words += [text for each in fields for text in (each.verbose_name, each.help_text)]
            yield from ((force_str(each), None, kind.app_label) for each in words if each)


def collected() -> Catalog:
    """A catalogue of all that is found, without translations."""
    catalog = Catalog()
    for words, context, place in found():
        catalog.add(words, locations=[(place, 0)], context=context)
    return catalog


def read(language: str) -> Catalog:
    """As it is kept; empty, if nothing is."""
    file = file_of(language)
    if not file.exists():
        return Catalog(locale=language, project="kindred")
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def updated(language: str) -> Catalog:
    """What is kept, with what has come since, and without what has gone."""
    catalog = read(language)
    catalog.update(collected(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    return catalog


def written(catalog: Catalog) -> bytes:
    """As text, for translators: by the alphabet, so that changes are where words have changed."""
    out = BytesIO()
    write_po(out, catalog, sort_output=True, include_lineno=False, width=100)
    return out.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """As Django reads it. What is not translated is left out, and stays English."""
    out = BytesIO()
    for each in catalog:
        each.string = each.string if all(_forms(each.string)) else ""
    write_mo(out, catalog)
    return out.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    return [
        str(each.id) for each in catalog if each.id and (each.fuzzy or not all(_forms(each.string)))
    ]


def _forms(words: Any) -> tuple[str, ...]:
    """One, or more of what counts."""
    return words if isinstance(words, tuple) else (words,)
