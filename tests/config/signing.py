"""JWTs as an issuer signs them, and as an attacker would like them to be."""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm
from rest_framework.test import APIClient

from tests.problems import said

ISSUER, AUDIENCE = "https://issuer.example", "kindred"
MAY = {"permissions": ["ai_inference_support"]}
JOBS = "/api/v1/jobs/"
REFUSED = {
    "code": "authentication_failed",
    "detail": "The token is not valid here, or has expired.",
}


def make_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem_of(key: Any) -> bytes:
    data: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return data


def jwk_of(key: ec.EllipticCurvePrivateKey, kid: str, **values: Any) -> dict[str, Any]:
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, **values}


def jwks_of(**keys: ec.EllipticCurvePrivateKey) -> bytes:
    return json.dumps({"keys": [jwk_of(key, kid) for kid, key in keys.items()]}).encode()


def claims(**values: Any) -> dict[str, Any]:
    """Of somebody who may do what services do. None: the claim is left out."""
    now = int(time.time())
    said = {"sub": "anna", "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 60, **MAY}
    return {name: value for name, value in (said | values).items() if value is not None}


def signed(key: Any, *, kid: str | None = "one", alg: str = "ES256", **values: Any) -> str:
    header = {"kid": kid} if kid is not None else {}
    return sealed(claims(**values), key, alg, header)


def sealed(said: Mapping[str, Any], key: Any, alg: str, header: dict[str, Any]) -> str:
    """Signed, however wrong it is what is said."""
    body = json.dumps(said).encode()
    return jwt.api_jws.encode(body, key, algorithm=alg, headers={"typ": "JWT"} | header)


def part(value: Mapping[str, Any] | bytes) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unpart(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def with_header(key: ec.EllipticCurvePrivateKey, **header: Any) -> str:
    """Signed as it must be, with something in the header."""
    return jwt.encode(claims(), key, algorithm="ES256", headers={"kid": "one"} | header)


KEY = make_key()  # of the issuer that tests trust


def ask(token: str, path: str = JOBS) -> Any:
    return APIClient().get(path, headers={"Authorization": f"Bearer {token}"})


def is_refused(token: str) -> bool:
    answer = ask(token)
    return (answer.status_code, said(answer)) == (401, REFUSED)
