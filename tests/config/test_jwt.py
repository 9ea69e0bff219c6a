"""JWTs of services: what counts, and all that must not."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from jwt.utils import der_to_raw_signature, raw_to_der_signature

from photos.models import Owner
from tests.config.signing import (
    ISSUER,
    KEY,
    ask,
    claims,
    is_refused,
    jwk_of,
    make_key,
    part,
    pem_of,
    signed,
    unpart,
    with_header,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("issuer")]
ORDER = int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)  # of P-256


def resigned(change: Callable[[bytes], bytes]) -> str:
    head, body, signature = signed(KEY).split(".")
    return ".".join((head, body, part(change(unpart(signature)))))


def high_s(raw: bytes) -> bytes:
    r, s = decode_dss_signature(raw_to_der_signature(raw, ec.SECP256R1()))
    other = encode_dss_signature(r, ORDER - s)
    return der_to_raw_signature(other, ec.SECP256R1())


class TestSignature:
    def test_of_the_issuer_counts(self) -> None:
        assert ask(signed(KEY)).status_code == 200

    def test_counts_whichever_half_its_s_is_in(self) -> None:
        assert ask(resigned(high_s)).status_code == 200

    @pytest.mark.parametrize(
        "change",
        [
            lambda raw: b"",
            lambda raw: bytes(64),
            lambda raw: raw[:-1],
            lambda raw: raw + b"\0",
            lambda raw: raw[32:] + raw[:32],
            lambda raw: raw_to_der_signature(raw, ec.SECP256R1()),
            lambda raw: raw[:32] + bytes(32),
        ],
        ids=["empty", "zeros", "short", "long", "swapped", "DER", "s=0"],
    )
    def test_that_is_none_is_refused(self, change: Callable[[bytes], bytes]) -> None:
        assert is_refused(resigned(change))

    @pytest.mark.parametrize(
        "alg", ["none", "None", "NONE", "nOnE", "es256", "Es256", "HS256", "ES384", "", None, 5, []]
    )
    def test_of_another_algorithm_is_refused(self, alg: Any) -> None:
        _, body, signature = signed(KEY).split(".")
        head = part({"alg": alg, "typ": "JWT", "kid": "one"})

        assert is_refused(f"{head}.{body}.{signature}")
        assert is_refused(f"{head}.{body}.")

    def test_by_the_public_key_as_a_password_is_refused(self) -> None:
        head, body = part({"alg": "HS256", "typ": "JWT", "kid": "one"}), part(claims())
        for secret in (pem_of(KEY), json.dumps(jwk_of(KEY, "one")).encode()):
            mac = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
            assert is_refused(f"{head}.{body}.{part(mac)}")

    @pytest.mark.parametrize(
        ("alg", "key"),
        [
            ("ES384", ec.generate_private_key(ec.SECP384R1())),
            ("ES256K", ec.generate_private_key(ec.SECP256K1())),
            ("RS256", rsa.generate_private_key(65537, 2048)),
            ("PS256", rsa.generate_private_key(65537, 2048)),
            ("ES256", make_key()),
        ],
        ids=["ES384", "ES256K", "RS256", "PS256", "another key"],
    )
    def test_of_another_key_is_refused(self, alg: str, key: Any) -> None:
        assert is_refused(signed(key, alg=alg))

    def test_does_not_count_for_other_words(self) -> None:
        head, _, signature = signed(KEY).split(".")

        assert is_refused(f"{head}.{part(claims(sub='ben'))}.{signature}")


class TestHeader:
    @pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
    def test_brings_no_key_along(self, name: str) -> None:
        mine = make_key()
        brought = {"jwk": jwk_of(mine, "one"), "x5c": [part(pem_of(mine))]}
        value = brought.get(name, "http://127.0.0.1:9/jwks.json")

        assert is_refused(with_header(mine, **{name: value}))
        assert ask(with_header(KEY, **{name: value})).status_code == 200

    @pytest.mark.parametrize("crit", [["exp"], ["b64"], ["x"], [], "exp"])
    def test_asks_for_no_extension(self, crit: Any) -> None:
        body = part(claims())
        head = part({"alg": "ES256", "kid": "one", "crit": crit, "x": 1, "b64": False})
        algorithm = jwt.get_algorithm_by_name("ES256")
        signature = algorithm.sign(f"{head}.{body}".encode(), KEY)

        assert is_refused(f"{head}.{body}.{part(signature)}")

    @pytest.mark.parametrize(
        "kid",
        [
            "two",
            "",
            "../../etc/passwd",
            "one'; DROP TABLE x; --",
            "one\0",
            "x" * 10_000,
            "ONE",
            None,
        ],
    )
    def test_names_a_key_that_is_known(self, kid: str | None) -> None:
        assert is_refused(signed(KEY, kid=kid))

    @pytest.mark.parametrize("kid", [1, ["one"], {"one": 1}, True])
    def test_names_it_by_a_word(self, kid: Any) -> None:
        _, body, signature = signed(KEY).split(".")

        assert is_refused(f"{part({'alg': 'ES256', 'kid': kid})}.{body}.{signature}")

    @pytest.mark.parametrize(
        "token",
        ["..", "a.b.c", "x" * 9000 + "..", "e30.e30.", "bnVsbA.bnVsbA.", "W10.W10.AA", "ü.ü.ü"],
    )
    def test_is_one(self, token: str) -> None:
        assert is_refused(token)


class TestClaims:
    @pytest.mark.parametrize(
        "values",
        [
            {"aud": None},
            {"aud": "other"},
            {"aud": ["other"]},
            {"aud": "kindred2"},
            {"aud": []},
            {"aud": 5},
            {"iss": None},
            {"iss": "https://other.example"},
            {"iss": f"{ISSUER}/"},
            {"iss": [ISSUER]},
            {"exp": None},
            {"exp": "9999999999"},
            {"exp": 9999999999.5},
            {"exp": 1e300},
            {"exp": 10**400},
            {"exp": True},
            {"exp": [9999999999]},
            {"exp": 0},
            {"exp": -1},
            {"iat": "now"},
            {"iat": 1.5},
            {"nbf": "0"},
            {"nbf": 2**34},
            {"sub": None},
            {"sub": ""},
            {"sub": 5},
            {"sub": " anna"},
            {"sub": "an\0na"},
            {"sub": "x" * 256},
            {"sub": "user:1"},
        ],
        ids=str,
    )
    def test_that_are_wrong_are_refused(self, values: dict[str, Any]) -> None:
        assert is_refused(signed(KEY, **values))
        assert not Owner.objects.exists()

    @pytest.mark.parametrize(
        ("name", "off_s", "counts"),
        [
            ("exp", -3, True),
            ("exp", -7, False),
            ("nbf", 3, True),
            ("nbf", 8, False),
            ("iat", 3, True),
            ("iat", 8, False),
        ],
    )
    def test_of_time_may_be_off_by_the_leeway(self, name: str, off_s: int, counts: bool) -> None:  # noqa: FBT001  # what is expected
        times: dict[str, Any] = {name: int(time.time()) + off_s}
        token = signed(KEY, **times)

        assert ask(token).status_code == (200 if counts else 401)

    def test_may_be_required(self, settings: Any) -> None:
        assert ask(signed(KEY, iat=None)).status_code == 200

        settings.JWT_REQUIRED_CLAIMS = ("iat",)

        assert is_refused(signed(KEY, iat=None))
        assert is_refused(signed(KEY, exp=None))

    def test_are_those_of_the_document(self, settings: Any) -> None:
        settings.JWT_ISSUER = settings.JWT_AUDIENCE = ""
        said = {"sub": "user_id", "permissions": ["ai_inference_support"], "is_admin": False}
        token = jwt.encode(said | {"exp": int(time.time()) + 60}, KEY, "ES256", {"kid": "one"})

        assert ask(token).status_code == 200
