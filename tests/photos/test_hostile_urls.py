"""URLs that nobody has thought of: whatever is let through, no other parser reads otherwise."""

import string
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpcore
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from photos.addresses import Link, is_public
from photos.errors import BlockedAddress, FetchUnreachable, InvalidURL
from photos.fetch import FetchPolicy, check_url, fetch

PARTS = [
    "http://", "HTTPS://", "//", "\\", "@", ":", "#", "?", "/", "%", "%00", "%2e", ".", "[", "]",
    "::1", "127.0.0.1", "0x7f.1", "localhost", "good.example", "user", "8080", "\t", "\n", "\0",
    "ä", "①", "。", " ", "-", "_", "xn--", "..",
]  # fmt: skip
URLS = st.one_of(
    st.lists(st.sampled_from(PARTS), max_size=9).map(lambda parts: "http://" + "".join(parts)),
    st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=9).map("".join),
    st.text(alphabet=string.printable, max_size=40),
)
MANY = settings(max_examples=200)


def notations(address: int) -> list[str]:
    """IPv4 addresses as `inet_aton` and browsers read them."""
    a, b, c, d = address.to_bytes(4)
    return [
        f"{a}.{b}.{c}.{d}",
        f"{address}",
        f"{address:#x}",
        f"0{address:o}",
        f"{a}.{b}.{c << 8 | d}",
        f"{a}.{b << 16 | c << 8 | d}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"[::ffff:{a}.{b}.{c}.{d}]",
        f"[::ffff:{a << 8 | b:x}:{c << 8 | d:x}]",
        f"[64:ff9b::{a << 8 | b:x}:{c << 8 | d:x}]",
        f"[2002:{a << 8 | b:x}:{c << 8 | d:x}::1]",
    ]


def nowhere(host: str, port: int) -> list[str]:
    raise OSError("no name server is asked")


def policy() -> FetchPolicy:
    return FetchPolicy(max_bytes=10, timeout_s=1, resolve=nowhere)


class TestLink:
    @MANY
    @given(URLS)
    @example("http://good\\@127.0.0.1/")
    @example("http://good.example:80#@127.0.0.1/")
    def test_is_read_alike_by_others_or_refused(self, url: str) -> None:
        try:
            link = Link.parse(url)
        except InvalidURL:
            return

        other, third = urlsplit(url), httpcore.URL(url.encode("ascii", "replace").decode())
        assert other.username is None
        assert (other.hostname or "").removesuffix(".") == link.host or ":" in link.host
        assert (other.port or link.port) == link.port
        assert third.host.decode().lower().strip("[]").removesuffix(".") in {
            link.host,
            (other.hostname or "").lower(),
        }
        assert link.target.isascii()
        assert not set(link.target) & set(" \t\r\n\0\\#")

    @MANY
    @given(URLS, URLS)
    def test_that_is_followed_is_one_as_well(self, url: str, location: str) -> None:
        with suppress(InvalidURL):
            followed = Link.parse(url).follow(location)
            again = f"{followed.scheme}://{followed.place}{followed.target}"
            assert Link.parse(again) == followed


class TestGuard:
    @MANY
    @given(st.integers(0, 2**32 - 1), st.integers(0, 11))
    @example(0x7F000001, 3)
    @example(0xA9FEA9FE, 11)
    def test_knows_a_private_address_in_any_notation(self, address: int, how: int) -> None:
        plain = str(ip_address(address))
        host = notations(address)[how]
        if is_public(plain):
            return

        with pytest.raises(BlockedAddress):
            check_url(f"http://{host}/a.jpg", policy())

    @MANY
    @given(st.ip_addresses().map(str), st.ip_addresses().map(str))
    def test_connects_to_no_name_with_a_private_address(self, one: str, other: str) -> None:
        found = [one, other]
        checked = FetchPolicy(max_bytes=10, timeout_s=1, resolve=lambda host, port: found)

        if all(map(is_public, found)):
            assert checked.addresses("photos.example", 80) == found
        else:
            with pytest.raises(BlockedAddress):
                checked.addresses("photos.example", 80)

    @MANY
    @given(URLS)
    def test_raises_nothing_that_callers_do_not_know(self, url: str) -> None:
        with suppress(InvalidURL, BlockedAddress, FetchUnreachable):
            fetch(url, policy())
