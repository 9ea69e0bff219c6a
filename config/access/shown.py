"""One request shows one credential, and none in its address, which logs and histories keep."""

from collections.abc import Callable
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config import problems
from config.access import keys
from config.access.authentication import HEADERS
from jobs.remote import tokens

_NAMES = frozenset(
    (
        "access_token", "api-key", "api_key", "apikey", "auth", "auth_token", "authorization",
        "jwt", "passwd", "password", "pwd", "secret", "token", "x-api-key",
    )
)  # fmt: skip
_BEGINNINGS = (keys.PREFIX, tokens.PREFIX)
_MOST = 1000  # parameters that are looked at; an address has room for few more
_IN_ADDRESS = (
    "A key or a password in an address is not taken: it may be in logs by now. Make a new one, and "
    "send it in a header."
)
_SEVERAL = "There are several credentials: send one of them, in one header."


def one_credential(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """A middleware: 400 where somebody shows two credentials, or one in the address."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        if _is_in_address(request.META.get("QUERY_STRING", "")):
            return problems.answer(request, 400, "credential_in_address", _IN_ADDRESS)
        if sum(name in request.headers for name in ("Authorization", *HEADERS)) > 1:
            return problems.answer(request, 400, "several_credentials", _SEVERAL)
        return answer(request)

    return answered


def _is_in_address(query: str) -> bool:
    if not query:
        return False
    try:
        given = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST)
    except ValueError:  # far too many: Django says so to whoever reads them
        return False
    return any(name.lower() in _NAMES or value.startswith(_BEGINNINGS) for name, value in given)
