"""Who calls: as over HTTP, by the same keys and the same permissions."""

from django.contrib.auth.models import User
from django.http import HttpRequest
from grpc import ServicerContext
from rest_framework.exceptions import PermissionDenied
from rest_framework.views import APIView

import photos.services
from config import audit
from config.access.addresses import is_allowed
from photos.models import Owner

_CHANGES = {"process_photo", "process_photos"}


class FaceRecognition(APIView):
    """Stands for the service where permissions are looked up; no address leads here."""

    schema = None
    action_map = None  # as of a view set: it has actions
    action: str  # the method that is called


def owner_of(context: ServicerContext, action: str) -> Owner:
    """Whom the caller acts for, if they may do this.

    Raises:
        APIException: they may not, or nobody knows who they are.
    """
    asked = _as_over_http(context)
    asked.path = f"grpc:{action}"  # as it is noted
    if not is_allowed(asked):
        raise PermissionDenied("Nobody may come from your address.", "address_not_allowed")
    view = FaceRecognition()
    view.action = action
    view.request = view.initialize_request(asked)
    view.initial(view.request)
    user = view.request.user
    assert isinstance(user, User)  # noqa: S101  # as permissions have seen to
    owner = photos.services.owner_of(user)
    if action in _CHANGES:
        audit.note(asked, f"{FaceRecognition.__name__}.{action}")
    return owner


def _as_over_http(context: ServicerContext) -> HttpRequest:
    request = HttpRequest()
    request.method = "POST"
    request.META["REMOTE_ADDR"] = _address(context.peer())
    for name, value in context.invocation_metadata():
        if isinstance(value, str):
            request.META[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return request


def _address(peer: str) -> str:
    """Of `ipv4:192.0.2.1:4711` or `ipv6:[2001:db8::1]:4711`; empty: it has none."""
    kind, _, rest = peer.replace("%5B", "[").replace("%5D", "]").partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in {"ipv4", "ipv6"} else ""
