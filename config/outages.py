"""What somebody at a page is told while the database is away; who asks the API is told by it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext

from jobs.connections import LOST

_SOON_S = 5  # until they may ask again


class Outages:
    """A middleware: a page that can't be made for want of a database is 503, no fault of ours."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._answer(request)

    def process_exception(self, _request: HttpRequest, exc: Exception) -> HttpResponse | None:
        if not isinstance(exc, LOST):
            return None
        words = gettext("The database gives no answer. Try again in a moment.")
        plain = "text/plain; charset=utf-8"
        return HttpResponse(words, plain, 503, headers={"Retry-After": str(_SOON_S)})
