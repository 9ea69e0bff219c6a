"""In which language the service speaks: pages of staff in theirs, and all else in English."""

from collections.abc import Callable
from itertools import chain
from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy, override
from rest_framework.views import APIView

PAGES = "/admin/"
_OURS = ("config", "faces", "jobs", "photos", "search")


class StaffLanguage:
    """Below `PAGES` the language that somebody has chosen, or else the one of their browser.

    Answers of the API are English whatever is asked for: programs read them. Django's own
    LocaleMiddleware leaves its language to whatever the thread answers next.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PAGES):
            with override(settings.LANGUAGE_CODE):
                return self._get_response(request)
        with override(translation.get_language_from_request(request)):
            answer = self._get_response(request)
            answer.headers.setdefault("Content-Language", translation.get_language() or "")
        patch_vary_headers(answer, ("Accept-Language", "Cookie"))
        return answer

    def process_view(
        self, _request: HttpRequest, view: Callable[..., Any], *_args: Any, **_values: Any
    ) -> None:
        """Some addresses of the API lie among the pages."""
        if issubclass(getattr(view, "cls", object), APIView):
            translation.activate(settings.LANGUAGE_CODE)


def translate_names() -> None:
    """Have models and their fields called in the reader's language as well.

    Most of their names are made by Django of those in the code. Here, and not in the models, as a
    name that is given there is a change for a migration.
    """
    for model in chain(*(apps.get_app_config(label).get_models() for label in _OURS)):
        kind = model._meta  # noqa: SLF001  # the table of a model
        singular, plural = str(kind.verbose_name), str(kind.verbose_name_plural)
        kind.verbose_name, kind.verbose_name_plural = gettext_lazy(singular), gettext_lazy(plural)
        for field in (*kind.local_fields, *kind.local_many_to_many):
            field.verbose_name = gettext_lazy(str(field.verbose_name))
            if field.help_text:
                field.help_text = gettext_lazy(str(field.help_text))
