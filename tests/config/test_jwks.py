"""Where the keys of JWTs come from, and that those which are taken out are gone."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from config.access.jwks import FRESH_S, RETRY_S, JwksAddress, JwksFile, PemFile, keys_of
from tests.config.signing import jwk_of, jwks_of, make_key, pem_of

ONE, TWO = make_key(), make_key()


def same(found: Any, key: ec.EllipticCurvePrivateKey) -> bool:
    return bool(found and found.public_numbers() == key.public_key().public_numbers())


class Issuer(HTTPServer):
    """Answers with `status` and `body`, and counts how often."""

    status, body, location = 200, b"", ""
    asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/jwks.json"


class _Answer(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer(("127.0.0.1", 0), _Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        server.body = jwks_of(one=ONE)
        yield server
        server.shutdown()
        thread.join()


class Clock:
    """Seconds, that go by when a test says so."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def replace(file: Path, data: bytes) -> None:
    """As tools do it: at once, and with a time of its own."""
    seen = file.stat().st_mtime_ns
    file.write_bytes(data)
    os.utime(file, ns=(seen + 10**6, seen + 10**6))


class TestJwksFile:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "jwks.json"
        path.write_bytes(jwks_of(one=ONE))
        return path

    def test_has_two_keys_while_they_are_changed(self, file: Path) -> None:
        known = JwksFile(file)
        assert same(known.of("one"), ONE)
        assert known.of("two") is None

        replace(file, jwks_of(one=ONE, two=TWO))

        assert same(known.of("one"), ONE)
        assert same(known.of("two"), TWO)

    def test_forgets_a_key_at_once(self, file: Path) -> None:
        known = JwksFile(file)
        assert known.of("one")

        replace(file, jwks_of(two=TWO))

        assert known.of("one") is None

    @pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"keys": 5}', b"\xff", None])
    def test_that_is_broken_or_gone_has_none(
        self, file: Path, data: bytes | None, caplog: pytest.LogCaptureFixture
    ) -> None:
        known = JwksFile(file)
        assert known.of("one")

        if data is None:
            file.unlink()
        else:
            replace(file, data)

        assert known.of("one") is None
        assert "can't be read" in caplog.text

    @pytest.mark.parametrize("kid", [None, "", "../one", str(Path("/etc/passwd"))])
    def test_opens_no_other_file(self, file: Path, kid: str | None) -> None:
        assert JwksFile(file).of(kid) is None


class TestKeysOf:
    @pytest.mark.parametrize(
        "change",
        [
            {"use": "enc"}, {"alg": "ES384"}, {"alg": "HS256"}, {"kty": "RSA"}, {"crv": "P-384"},
            {"kid": ""}, {"kid": 5}, {"x": "AA"}, {"x": None}, {"kty": "oct", "k": "AA"},
        ],
    )  # fmt: skip
    def test_are_those_that_can_be_used(self, change: dict[str, Any]) -> None:
        other = jwk_of(TWO, "two") | change
        data = json.dumps({"keys": [other, None, 5, jwk_of(ONE, "one")]}).encode()

        assert {*keys_of(data)} == {"one"}

    def test_have_no_secret(self) -> None:
        secret = jwk_of(ONE, "one", d="AA")

        assert same(keys_of(json.dumps({"keys": [secret]}).encode())["one"], ONE)


class TestPemFile:
    @pytest.mark.parametrize("kid", [None, "one", "whatever"])
    def test_has_one_key_whatever_it_is_called(self, tmp_path: Path, kid: str | None) -> None:
        file = tmp_path / "public_key.pem"
        file.write_bytes(pem_of(ONE))

        assert same(PemFile(file).of(kid), ONE)

    @pytest.mark.parametrize(
        "key",
        [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)],
        ids=["P-384", "RSA"],
    )
    def test_has_no_key_of_another_kind(self, tmp_path: Path, key: Any) -> None:
        file = tmp_path / "public_key.pem"
        file.write_bytes(pem_of(key))

        assert PemFile(file).of(None) is None


class TestJwksAddress:
    def test_is_fetched_once(self, issuer: Issuer, clock: Clock) -> None:
        known = JwksAddress(issuer.url, clock)

        assert all(same(known.of("one"), ONE) for _ in range(3))
        assert issuer.asked == 1

    def test_is_fetched_for_a_new_kid_but_not_often(self, issuer: Issuer, clock: Clock) -> None:
        known = JwksAddress(issuer.url, clock)
        for number in range(5):
            assert known.of(f"unknown {number}") is None
        assert issuer.asked == 1

        issuer.body = jwks_of(one=ONE, two=TWO)
        clock.seconds += RETRY_S + 1

        assert same(known.of("two"), TWO)
        assert [known.of(f"unknown {number}") for number in range(5)] == [None] * 5
        assert issuer.asked == 2

    def test_forgets_what_is_taken_out(self, issuer: Issuer, clock: Clock) -> None:
        known = JwksAddress(issuer.url, clock)
        assert known.of("one")

        issuer.body = jwks_of(two=TWO)
        clock.seconds += FRESH_S + 1

        assert known.of("one") is None

    @pytest.mark.parametrize(
        ("status", "body"), [(500, b""), (302, b""), (200, b"no JSON"), (200, b" " * 300_000)]
    )
    def test_goes_on_with_what_it_knows(
        self, issuer: Issuer, clock: Clock, status: int, body: bytes
    ) -> None:
        known = JwksAddress(issuer.url, clock)
        assert known.of("one")

        issuer.status, issuer.body = status, body
        issuer.location = issuer.url if status == 302 else ""
        clock.seconds += FRESH_S + 1

        assert same(known.of("one"), ONE)
        assert issuer.asked == 2

    def test_has_none_where_nobody_answers(self) -> None:
        assert JwksAddress("http://127.0.0.1:9/jwks.json").of("one") is None
