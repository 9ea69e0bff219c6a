"""An issuer of JWTs that the service trusts."""

from pathlib import Path
from typing import Any

import pytest

from config.access.authentication import issuer_keys
from tests.config.signing import AUDIENCE, ISSUER, KEY, jwks_of


@pytest.fixture
def issuer(settings: Any, tmp_path: Path) -> None:
    """Its file has one key, that is called `one`."""
    file = tmp_path / "jwks.json"
    file.write_bytes(jwks_of(one=KEY))
    settings.JWT_PEM, settings.JWT_JWKS = "", str(file)
    settings.JWT_ISSUER, settings.JWT_AUDIENCE, settings.JWT_LEEWAY_S = ISSUER, AUDIENCE, 5
    issuer_keys.cache_clear()
