"""Whatever is sent as a JWT, as XMP or as a webhook: it counts, or it is refused in our words.

Questions have such tests in `tests/search/understanding/test_properties.py`, URLs and photos in
`tests/photos/test_hostile_urls.py` and `test_hostile_images.py`.
"""

import json
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.access.claims import Claims, ClaimsUnfit, JwtInvalid, Rules, claims_of
from config.access.jwks import JwksFile
from jobs.errors import StorageEventInvalid, StorageUnproven
from jobs.intake.storage_webhook import receive
from jobs.models import Job, StorageSource
from photos.errors import XmpInvalid
from photos.regions.reading import read
from tests.config.signing import AUDIENCE, ISSUER, claims, jwks_of, make_key, part, sealed, signed
from tests.factories import make_owner
from tests.photos import packets

MANY = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
KEY, OTHER = make_key(), make_key()
RULES = Rules(ISSUER, AUDIENCE, 5)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


def any_of(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, JSON))


SAID = any_of("sub", "iss", "aud", "exp", "nbf", "iat", "permissions", "is_admin")
HEAD = any_of("alg", "kid", "typ", "crit", "jwk", "jku", "x5c", "x5u")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> JwksFile:
    file: Path = tmp_path_factory.mktemp("keys") / "jwks.json"
    file.write_bytes(jwks_of(one=KEY))
    return JwksFile(file)


def read_jwt(token: str, keys: JwksFile) -> Claims | None:
    """None: it was refused."""
    try:
        return claims_of(token, keys, RULES)
    except (JwtInvalid, ClaimsUnfit):
        return None


class TestJwt:
    @MANY
    @given(st.text(max_size=200) | st.from_regex(r"[\w-]{0,40}\.[\w-]{0,60}\.[\w-]{0,90}"))
    def test_of_any_letters_is_refused(self, keys: JwksFile, token: str) -> None:
        assert read_jwt(token, keys) is None

    @MANY
    @given(SAID)
    def test_of_any_claims_counts_only_as_it_must(self, keys: JwksFile, said: Any) -> None:
        found = read_jwt(sealed(claims() | said, KEY, "ES256", {"kid": "one"}), keys)

        if found:
            told = claims() | said
            assert (told["iss"], found.subject) == (ISSUER, told["sub"])
            assert AUDIENCE in told["aud"]
            assert told["exp"] > time() - RULES.leeway_s
            assert found.is_admin is (told.get("is_admin") is True)

    @MANY
    @given(HEAD, st.booleans())
    def test_of_any_header_needs_our_signature(
        self,
        keys: JwksFile,
        head: Any,
        cut: bool,  # noqa: FBT001  # drawn
    ) -> None:
        _, body, signature = signed(OTHER).split(".")

        token = f"{part(head)}.{body}.{'' if cut else signature}"

        assert read_jwt(token, keys) is None

    @MANY
    @given(st.integers(0, 10_000), st.integers(0, 255))
    def test_that_was_changed_in_one_byte_is_refused(
        self, keys: JwksFile, at: int, value: int
    ) -> None:
        token = signed(KEY)
        place = at % len(token)
        changed = token[:place] + chr(value) + token[place + 1 :]

        found = read_jwt(changed, keys)

        # The last letter of a part has bits that mean nothing.
        assert found is None or found == read_jwt(token, keys)


class TestXmp:
    @MANY
    @given(
        st.binary(max_size=300)
        | WORDS.map(lambda words: packets.packet(packets.mwg(packets.mwg_item(words))))
        | st.tuples(st.integers(0, 900), st.binary(max_size=9)).map(
            lambda at: packets.DIGIKAM[: at[0]] + at[1] + packets.DIGIKAM[at[0] :]
        )
    )
    def test_gives_faces_inside_of_the_photo_or_is_refused(self, data: bytes) -> None:
        with suppress(XmpInvalid):
            for region in read(data, (400, 300), 1):
                box = region.box
                assert 0 <= box.x < box.right <= 400
                assert 0 <= box.y < box.bottom <= 300
                assert region.name.strip()


@pytest.fixture
def source(db: None) -> StorageSource:
    secret = "whsec_" + "a" * 40
    return StorageSource.objects.create(bucket="photos", owner=make_owner(), secret=secret)


class TestStorageWebhook:
    @MANY
    @given(
        st.binary(max_size=200) | JSON.map(lambda body: json.dumps(body).encode()),
        st.dictionaries(
            st.sampled_from(
                ["Authorization", "webhook-id", "webhook-timestamp", "webhook-signature"]
            ),
            WORDS | st.integers().map(str) | WORDS.map(lambda words: f"v1,{words}"),
        ),
    )
    def test_that_proves_nothing_asks_for_nothing(
        self, source: StorageSource, body: bytes, headers: dict[str, str]
    ) -> None:
        for sent in (body, b'{"bucket": "photos", "Records": [' + body + b"]}"):
            with pytest.raises((StorageUnproven, StorageEventInvalid)):
                receive(sent, headers)

        assert not Job.objects.filter(owner=source.owner).exists()
