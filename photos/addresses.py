"""URLs, read strictly and once, and the internet addresses that strangers may send us to."""

import re
import string
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote, urljoin, urlsplit

from photos.errors import InvalidURL

PORTS = {"http": 80, "https": 443}
HIGHEST_PORT = 65535
PLACE = re.compile(  # what stands between // and the path; no user, no password, no %
    r"(?P<host>[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII | re.IGNORECASE,
)
NAT64 = ip_network("64:ff9b::/96")
OPERATORS_OWN = (
    ip_network("168.63.129.16/32"),  # Azure's, on every virtual machine
    ip_network("192.0.0.0/24"),  # IETF protocols; Oracle Cloud's metadata
    ip_network("192.88.99.0/24"),  # what once were 6to4 relays
)


@dataclass(frozen=True)
class Link:
    """A URL in parts, as they are sent: no part is ever read by a second parser."""

    scheme: str  # http or https
    host: str  # lower case, without brackets and final dot
    port: int
    target: str = field(repr=False)  # path and query, ASCII; a query may hold a signature

    @classmethod
    def parse(cls, url: str) -> "Link":
        """Read an absolute URL.

        Raises:
            InvalidURL: it is not exactly http(s)://host[:port]/path[?query]. What parsers are
                known to disagree on (backslash, white space, user, fragment, %00) is refused.
        """
        if not url.isprintable() or re.search(r"[\s\\#]|%00", url):
            raise InvalidURL("The URL has characters that do not belong into a URL.")
        try:
            parts = urlsplit(url)
        except ValueError:
            raise InvalidURL("The URL cannot be read.") from None  # its words repeat the URL
        scheme = parts.scheme.lower()
        if scheme not in PORTS:
            raise InvalidURL("The URL does not begin with http:// or https://.")
        place = PLACE.fullmatch(parts.netloc)
        if place is None:
            raise InvalidURL("The URL names no host, or more than a host and a port.")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(
            scheme=scheme,
            host=_host(place["host"].lower()),
            port=_port(place["port"] or str(PORTS[scheme])),
            target=quote(path, safe=string.printable),
        )

    def follow(self, location: str) -> "Link":
        """Where a redirect from here to `location` leads.

        Raises:
            InvalidURL: as for `parse`.
        """
        if not location.isprintable():
            raise InvalidURL("The redirect has characters that do not belong into a URL.")
        try:
            return Link.parse(urljoin(f"{self.scheme}://{self.place}{self.target}", location))
        except ValueError:
            raise InvalidURL("The redirect cannot be read.") from None

    @property
    def origin(self) -> tuple[str, str, int]:
        """Of whom the URL is: what is meant for one origin is no other's business."""
        return self.scheme, self.host, self.port

    @cached_property
    def place(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def _host(host: str) -> str:
    if not host.startswith("["):
        return host.removesuffix(".")
    try:
        return str(IPv6Address(host[1:-1]))
    except ValueError as exc:
        raise InvalidURL("The URL's host is no address.") from exc


def _port(digits: str) -> int:
    port = int(digits)
    if not 0 < port <= HIGHEST_PORT:
        raise InvalidURL("The URL's port does not exist.")
    return port


def is_public(address: str) -> bool:
    """Whether a numeric address belongs to the internet, not to this machine or its networks.

    An IPv6 address that stands for an IPv4 address (mapped, NAT64, 6to4) is judged as that.
    """
    judged = ip_address(address)
    if isinstance(judged, IPv6Address):
        judged = _ipv4_inside(judged) or judged
    if any(judged in network for network in OPERATORS_OWN):
        return False
    if isinstance(judged, IPv6Address) and judged.is_site_local:
        return False
    return judged.is_global and not (judged.is_multicast or judged.is_reserved)


def _ipv4_inside(address: IPv6Address) -> IPv4Address | None:
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
