"""Whatever comes as a JWT: it counts, or it is refused in one of two ways, and nothing else."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from config.access.claims import Claims, ClaimsUnfit, JwtInvalid, Rules, claims_of
from config.access.jwks import Key
from config.access.scopes import EVERYDAY, Scope
from tests.config.signing import claims, make_key, part, sealed, signed

KEY = make_key()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["sub", "exp", "iat", "nbf", "iss", "aud", "jti", "permissions", "is_admin"]
)


class OneKey:
    """It has one, whatever it is called."""

    def of(self, kid: str | None) -> Key | None:
        return KEY.public_key()


def read(token: str) -> Claims | None:
    try:
        return claims_of(token, OneKey(), Rules())
    except (JwtInvalid, ClaimsUnfit):
        return None


@given(st.text(max_size=200) | st.lists(st.text(max_size=50), min_size=3, max_size=3).map(".".join))
@example("é.é.é")
@example("\ud800.\ud800.\ud800")
def test_words_are_none(words: str) -> None:
    assert read(words) is None


@given(st.integers(min_value=0), st.integers(0, 255))
def test_one_that_was_changed_says_the_same_or_nothing(at: int, byte: int) -> None:
    token = signed(KEY)
    changed = bytearray(token.encode())
    changed[at % len(changed)] = byte

    found = read(changed.decode("latin-1"))

    assert found in (None, Claims("anna", EVERYDAY))


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "zip"]), JSON))
def test_a_header_of_anything_is_read(header: dict[str, Any]) -> None:
    _, body, signature = signed(KEY).split(".")

    assert read(f"{part(header)}.{body}.{signature}") is None


@given(st.dictionaries(NAMES, JSON))
def test_claims_of_anything_give_no_more_than_they_say(said: dict[str, Any]) -> None:
    found = read(sealed(claims() | said, KEY, "ES256", {"kid": "one"}))

    if found:
        everyday = "ai_inference_support" in said.get("permissions", ["ai_inference_support"])
        admin = said.get("is_admin") is True
        expected = (EVERYDAY if everyday else frozenset()) | (
            {Scope.ADMIN} if admin else frozenset()
        )
        assert found.scopes == expected
        assert found.subject == said.get("sub", "anna")


@given(JSON)
def test_a_body_of_anything_is_read(body: Any) -> None:
    if not isinstance(body, dict):
        assert read(sealed(body, KEY, "ES256", {"kid": "one"})) is None
