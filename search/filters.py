"""What lists of staff can be narrowed down to, found without reading their rows."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from photos import distinct
from search.display import parts_of, words_for
from search.errors import VocabularyError
from search.models import DetectedObject, PhotoTag
from search.vocabulary import Vocabulary, load

OFFERED = 100  # values in a filter


class FieldFilter(admin.SimpleListFilter):
    """By the value of the field that is named like the parameter."""

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return rows if chosen is None else rows.filter(**{str(self.parameter_name): chosen})

    def has_output(self) -> bool:
        """What was asked for holds, whether or not it is among what is offered."""
        return super().has_output() or self.value() is not None


class LabelFilter(FieldFilter):
    title = _("label")
    parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        labels = distinct.values(DetectedObject, "label", limit=OFFERED)
        return [(label, label) for label in labels]


class TagFilter(FieldFilter):
    title = _("tag")
    parameter_name = "key"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        keys = distinct.values(PhotoTag, "key", limit=OFFERED)
        vocabulary = _vocabulary(request)
        return [(key, words_for(key, vocabulary)) for key in keys]


class ContextFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "context"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [("no", _("What is there")), ("yes", _("What is going on"))]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows if self.value() is None else rows.filter(is_context=self.value() == "yes")


class RecipeFilter(FieldFilter):
    """By the models that did one of the page's `operations`."""

    title = _("models")
    parameter_name = "recipe"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (recipe, " + ".join(parts_of(recipe)))
            for operation in model_admin.operations
            for recipe in distinct.recipes(operation, limit=OFFERED)
        ]


class LanguageFilter(FieldFilter):
    """The vocabulary's languages: captions are in these."""

    title = _("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        vocabulary = _vocabulary(request)
        return [(name, name) for name in vocabulary.languages] if vocabulary else []


def _vocabulary(request: HttpRequest) -> Vocabulary | None:
    """None while it is broken, and staff are told what is wrong with it."""
    try:
        return load(settings.VOCABULARY_DIR)
    except VocabularyError as exc:
        messages.warning(request, str(exc))
        return None
