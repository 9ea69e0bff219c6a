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
from photos.models import Owner
from tests.config.fuzzing import STREAMS, Fuzz, operations
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


def share_of(caller: str) -> list[Any]:
    """What `caller` asks: all there is, or, in the suite, a part of it each."""
    first = [*CALLERS].index(caller)
    return list(operations() if ALL else operations()[first :: len(CALLERS)])


class TestSchema:
    @pytest.mark.parametrize("caller", CALLERS)
    def test_holds_whoever_asks(self, owner: Owner, foreign: Library, caller: str) -> None:
        theirs = [str(getattr(row, "public_id", row.pk)) for row in foreign.rows.values()]
        assert owner.user
        headers = CALLERS[caller](owner.user)
        fuzz = Fuzz(headers, [*ids_of(owner), *theirs], [NAME, foreign.photo.sha256], EXAMPLES)

        for each in share_of(caller):
            fuzz.run(each)

        assert fuzz.wrong == []
        assert fuzz.answers.total() >= EXAMPLES

    def test_leaves_out_streams_alone(self) -> None:
        assert all(not each.path.endswith(STREAMS) for each in operations())
        assert len(operations()) > 100
