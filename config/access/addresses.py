"""From which addresses somebody may come: a list of networks, and whose word to take for it."""

from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config import problems

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_HEALTH = ("/health", "/livez", "/readyz", "/api/v1/health")
_LONGEST = 100  # letters of an address, with its port and its zone
_REFUSED = ("address_not_allowed", "Nobody may come from your address.")


def networks(listed: Iterable[str]) -> tuple[Network, ...]:
    """
    Raises:
        ValueError: one of them is none, or has bits that its mask leaves out.
    """
    return tuple(ip_network(each.strip()) for each in listed if each.strip())


def client_of(meta: Mapping[str, object], hops: int) -> Address | None:
    """Who asks, as far as that can be known. None: it can't.

    meta: of a request. hops: how many proxies of ours stand before the service, each of which adds
    the address that it was asked from to X-Forwarded-For. What is further left there was said by
    the client, and so is every other header: none of that counts.
    """
    if hops == 0:
        return _address(str(meta.get("REMOTE_ADDR") or ""))
    said = str(meta.get("HTTP_X_FORWARDED_FOR") or "").rsplit(",", hops)
    return _address(said[-hops]) if len(said) >= hops else None


def allowed_only(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """A middleware: 403 for whoever comes from an address that is not in `ALLOWED_IPS`."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        if not is_allowed(request):
            return problems.answer(request, 403, *_REFUSED)
        return answer(request)

    return answered


def is_allowed(request: HttpRequest) -> bool:
    """Whether anybody may come from where `request` does. Of gRPC, it is made of a call."""
    if not settings.ALLOWED_IPS:
        return True
    if settings.HEALTH_FROM_ANYWHERE and request.path_info.rstrip("/") in _HEALTH:
        return True
    client = client_of(request.META, settings.TRUSTED_PROXY_HOPS)
    return client is not None and any(client in each for each in settings.ALLOWED_IPS)


def _address(text: str) -> Address | None:
    """Without a port and a zone. An IPv4 address that IPv6 carries is that."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
