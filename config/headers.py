"""Headers of every answer, beside those that Django gives by itself."""

from collections.abc import Callable
from functools import cache

from csp.constants import HEADER, NONE, SELF
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# What a page may load: files of our own, nothing that is written into a page.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
_OF_A_VIEW = {"_csp_config", "_csp_exempt", "_csp_replace", "_csp_update"}  # of the decorators
PERMISSIONS_POLICY = ", ".join(  # what no page of ours asks a browser for
    f"{feature}=()"
    for feature in (
        "camera", "display-capture", "geolocation", "gyroscope", "microphone", "midi", "payment",
        "usb",
    )
)  # fmt: skip


class ContentSecurityPolicy(CSPMiddleware):
    """django-csp's, which would write the policy anew for each answer: nearly all have the same.

    Report-only policies and excluded addresses, which we don't have, count with one's own alone.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        own = not _OF_A_VIEW.isdisjoint(vars(response)) or hasattr(request, "_csp_nonce")
        if own or settings.DEBUG:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, _policy())
        return response


@cache
def _policy() -> str:
    return build_policy()


def permissions_policy(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """A middleware: whatever got into a page, it has no camera and asks nobody where they are."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        return response

    return answered
