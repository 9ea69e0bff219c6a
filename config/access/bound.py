"""Where the web server listens, and whether a demo without authentication may be there."""

from collections.abc import Iterable
from ipaddress import ip_address

from django.core.exceptions import ImproperlyConfigured


def check_bound(listening: Iterable[object], *, is_on: bool, debug: bool) -> None:
    """
    listening: (host, port) pairs, or paths of sockets. is_on: nobody has to show a key.

    Raises:
        ImproperlyConfigured: somebody from elsewhere could come.
    """
    public = [str(each) for each in listening if not _is_here(each)]
    if is_on and not debug and public:
        raise ImproperlyConfigured(
            f"AUTH_DISABLED lets everybody in, and the service is to listen at {public[0]}: listen "
            "at 127.0.0.1, or leave it out."
        )


def _is_here(listening: object) -> bool:
    if not isinstance(listening, tuple):
        return True  # a socket, which is for this machine
    host = str(listening[0])
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
