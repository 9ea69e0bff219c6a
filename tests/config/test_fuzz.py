"""The whole schema, asked by each kind of caller. `make fuzz` asks more (FUZZ_EXAMPLES)."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from config.access.scopes import Scope
from faces.models import Erasure
from jobs.remote import tokens
from jobs.telling import streams
from photos.models import Owner
from tests.config.fuzzing import APART, Fuzz, operations
from tests.config.test_isolation import Library
from tests.factories import (
    make_cluster,
    make_face,
    make_job,
    make_key,
    make_person,
    make_photo,
    make_user,
    make_webhook,
)

pytestmark = pytest.mark.django_db
ALL = "FUZZ_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1"))
NAME = "Zaphod"  # of the other owner's people; no other word has it


def with_key(user: User, **values: Any) -> Mapping[str, str]:
    return {"X-API-Key": make_key(user=user, **values)[1]}


CALLERS: Mapping[str, Callable[[User], Mapping[str, str]]] = {
    "anonymous": lambda user: {},
    "expired key": lambda user: with_key(user, expires_at=timezone.now()),
    "owner": lambda user: with_key(user, scopes={Scope.READ, Scope.WRITE, Scope.PEOPLE}),
    "reader": lambda user: with_key(user, scopes={Scope.READ}),
    "maker of keys": lambda user: with_key(user, scopes={Scope.READ, Scope.KEYS}),
    "staff": lambda user: with_key(make_user(is_staff=True), scopes={Scope.READ, Scope.ADMIN}),
    "admin": lambda user: with_key(
        make_user(is_staff=True, is_superuser=True), scopes={Scope.READ, Scope.ADMIN}
    ),
    "worker": lambda user: {"Authorization": f"Worker {tokens.issue('nas')[1]}"},
}


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    settings.TRITON_URL = "127.0.0.1:9"


@pytest.fixture
def foreign() -> Library:
    library = Library()
    Erasure.objects.update(finished_at=timezone.now())  # nothing is left to clean up
    make_person(owner=library.owner, name=NAME, contact_id=f"{NAME}-1")
    make_cluster(owner=library.owner, faces=1, person=library.owner.people.get(name=NAME))
    return library


def ids_of(owner: Owner) -> list[str]:
    """As parts of addresses have them."""
    cluster = make_cluster(owner=owner, faces=2)
    rows = [make_photo(owner=owner), make_person(owner=owner), make_job(owner=owner, items=1)]
    rows += [make_face(photo=make_photo(owner=owner)), make_webhook(owner=owner)]
    return [cluster.public_id, *(str(row.pk) for row in rows)]


def together() -> list[Any]:
    return [each for each in operations() if not each.path.endswith(APART)]


def apart() -> list[Any]:
    return [each for each in operations() if each.path.endswith(APART)]


def share_of(caller: str) -> list[Any]:
    """What `caller` asks: all there is, or, in the suite, a part of it each."""
    first = [*CALLERS].index(caller)
    return together() if ALL else together()[first :: len(CALLERS)]


def fuzz_of(owner: Owner, foreign: Library, caller: str, *, savepoints: bool) -> Fuzz:
    theirs = [str(getattr(row, "public_id", row.pk)) for row in foreign.rows.values()]
    assert owner.user
    headers = CALLERS[caller](owner.user)
    ids = [*ids_of(owner), *theirs]
    secrets = [NAME, foreign.photo.sha256]
    return Fuzz(headers, ids, secrets, EXAMPLES, savepoints)


class TestSchema:
    @pytest.mark.parametrize("caller", CALLERS)
    def test_holds_whoever_asks(self, owner: Owner, foreign: Library, caller: str) -> None:
        fuzz = fuzz_of(owner, foreign, caller, savepoints=True)

        for each in share_of(caller):
            fuzz.run(each)

        assert fuzz.wrong == []
        assert fuzz.answers.total() >= EXAMPLES

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("caller", CALLERS)
    def test_holds_for_streams_and_whole_exports(
        self, owner: Owner, foreign: Library, caller: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(streams, "LIFE_S", 0.0)  # they begin, and end
        fuzz = fuzz_of(owner, foreign, caller, savepoints=False)

        for each in apart():
            fuzz.run(each)

        assert fuzz.wrong == []
        assert fuzz.answers.total() >= len(apart()) * EXAMPLES

    def test_is_asked_as_a_whole(self) -> None:
        assert len(apart()) == len(APART) + 2  # events of a job, of an owner, and of workers
        assert len(together()) > 100
