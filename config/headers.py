"""Headers of every answer, beside those that Django gives by itself."""

from collections.abc import Callable

from csp.constants import NONE, SELF
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
PERMISSIONS_POLICY = ", ".join(  # what no page of ours asks a browser for
    f"{feature}=()"
    for feature in (
        "camera", "display-capture", "geolocation", "gyroscope", "microphone", "midi", "payment",
        "usb",
    )
)  # fmt: skip


def permissions_policy(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """A middleware: whatever got into a page, it has no camera and asks nobody where they are."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        return response

    return answered
