"""The list of addresses that somebody may come from."""

from ipaddress import ip_address
from typing import Any

import pytest
from django.test import Client

from config.access.addresses import client_of, networks
from tests.config.test_access_settings import start

PATHS = (
    "/", "/admin/", "/admin/login/", "/api/docs/", "/api/schema/", "/api/v1/jobs/",
    "/media/1/a.jpg", "/collections", "/static/admin/css/base.css", "/health", "/readyz",
    "/api/v1/health/", "/nothing",
)  # fmt: skip
FORGED = (
    "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_TRUE_CLIENT_IP",
    "HTTP_CF_CONNECTING_IP", "HTTP_CLIENT_IP", "HTTP_X_CLIENT_IP", "HTTP_X_CLUSTER_CLIENT_IP",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _list(settings: Any) -> None:
    settings.ALLOWED_IPS = networks(["192.0.2.0/24", "2001:db8::/32"])
    settings.TRUSTED_PROXY_HOPS = 0
    settings.TRITON_URL = "127.0.0.1:9"


def is_refused(path: str = "/nothing", **meta: str) -> bool:
    environment: dict[str, Any] = {**meta}
    answer: Any = Client().get(path, **environment)
    if answer.streaming:
        b"".join(answer.streaming_content)  # closes the file
    if answer.status_code == 403:
        assert answer.json()["code"] == "address_not_allowed"
    return bool(answer.status_code == 403)


@pytest.mark.django_db
class TestList:
    @pytest.mark.parametrize("path", PATHS)
    def test_holds_everywhere(self, path: str) -> None:
        assert is_refused(path, REMOTE_ADDR="198.51.100.1")
        assert not is_refused(path, REMOTE_ADDR="192.0.2.7")

    @pytest.mark.parametrize("path", ["/health", "/readyz/", "/api/v1/health"])
    def test_leaves_health_out_if_it_is_told_to(self, settings: Any, path: str) -> None:
        settings.HEALTH_FROM_ANYWHERE = True

        assert not is_refused(path, REMOTE_ADDR="198.51.100.1")
        assert is_refused(f"{path}x", REMOTE_ADDR="198.51.100.1")
        assert is_refused("/admin/", REMOTE_ADDR="198.51.100.1")

    def test_that_is_empty_is_off(self, settings: Any) -> None:
        settings.ALLOWED_IPS = networks([])

        assert not is_refused(REMOTE_ADDR="198.51.100.1")
        assert not is_refused(REMOTE_ADDR="")

    @pytest.mark.parametrize(
        ("address", "refused"),
        [
            ("2001:db8::5", False),
            ("2001:db9::5", True),
            ("::ffff:192.0.2.7", False),
            ("::ffff:198.51.100.1", True),
            ("", True),
            ("unix:", True),
        ],
    )
    def test_knows_every_kind_of_address(self, address: str, refused: bool) -> None:  # noqa: FBT001  # what is expected
        assert is_refused(REMOTE_ADDR=address) is refused

    @pytest.mark.parametrize("header", FORGED)
    @pytest.mark.parametrize("said", ["192.0.2.7", "for=192.0.2.7", "192.0.2.7, 192.0.2.7"])
    def test_takes_nobody_by_their_word(self, header: str, said: str) -> None:
        assert is_refused(REMOTE_ADDR="198.51.100.1", **{header: said})

    @pytest.mark.parametrize("header", sorted({*FORGED} - {"HTTP_X_FORWARDED_FOR"}))
    def test_takes_one_header_of_a_proxy(self, settings: Any, header: str) -> None:
        settings.TRUSTED_PROXY_HOPS = 1

        assert is_refused(REMOTE_ADDR="192.0.2.7", **{header: "192.0.2.7"})


class TestClientOf:
    @pytest.mark.parametrize(
        ("said", "hops", "client"),
        [
            ("192.0.2.7", 1, "192.0.2.7"),
            ("10.0.0.1, 192.0.2.7", 1, "192.0.2.7"),
            ("10.0.0.1,192.0.2.7, 10.0.0.9", 2, "192.0.2.7"),
            ("192.0.2.7", 2, None),
            ("", 1, None),
            (None, 1, None),
            ("192.0.2.7:4711", 1, "192.0.2.7"),
            ("[2001:db8::5]:4711", 1, "2001:db8::5"),
            ("[2001:db8::5]", 1, "2001:db8::5"),
            ("2001:db8::5", 1, "2001:db8::5"),
            ("fe80::1%eth0", 1, "fe80::1"),
            ("::ffff:192.0.2.7", 1, "192.0.2.7"),
            ("unknown", 1, None),
            ("192.0.2.7, garbage", 1, None),
            ("192.0.2.7,", 1, None),
            ("192.0.2.0x7", 1, None),
            ("3221226247", 1, None),
            ("192.0.2.07", 1, None),
            ("x" * 1000, 1, None),
            ("192.0.2.7," * 10_000 + "10.0.0.9", 1, "10.0.0.9"),
            ("a" + ",192.0.2.7" * 10_000, 10_000, "192.0.2.7"),
        ],
    )
    def test_is_whom_the_last_proxy_of_ours_saw(
        self, said: str | None, hops: int, client: str | None
    ) -> None:
        meta = {"REMOTE_ADDR": "10.0.0.1"}
        meta |= {} if said is None else {"HTTP_X_FORWARDED_FOR": said}

        found = client_of(meta, hops)

        assert found == (ip_address(client) if client else None)


class TestSettings:
    @pytest.mark.parametrize(
        ("variables", "reason"),
        [
            ({"ALLOWED_IPS": "10.0.0.0/33"}, "ALLOWED_IPS"),
            ({"ALLOWED_IPS": "10.0.0.1/8"}, "has host bits set"),
            ({"ALLOWED_IPS": "192.0.2.7,home"}, "'home' does not appear to be"),
            ({"ALLOWED_IPS": "2001:db8::/129"}, "ALLOWED_IPS"),
            ({"TRUSTED_PROXY_HOPS": "-1"}, "TRUSTED_PROXY_HOPS"),
            ({"TRUSTED_PROXY_HOPS": "all"}, "ValueError"),
        ],
    )
    def test_that_can_not_be_meant_stop_the_start(
        self, variables: dict[str, str], reason: str
    ) -> None:
        assert reason in start(**variables)

    def test_may_name_a_single_address(self) -> None:
        assert start(ALLOWED_IPS="192.0.2.7, 2001:db8::/32,") == ""
