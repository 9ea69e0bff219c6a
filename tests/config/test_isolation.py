"""What belongs to another owner looks exactly like what is not there, at every address."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.db.models import Model
from rest_framework.test import APIClient

from config.access.listing import Endpoint, endpoints
from config.access.table import Way
from faces.models import Edit, Erasure
from faces.people import naming
from search.models import SavedSearch
from tests.config.test_permissions import NOBODY, address
from tests.factories import (
    make_cluster,
    make_delivery,
    make_face,
    make_job,
    make_key,
    make_owner,
    make_person,
    make_photo,
    make_user,
    make_webhook,
)

pytestmark = pytest.mark.django_db
# What is sent, so that an endpoint goes on to look for what its address names.
_BOX = {"box": {"x": 1, "y": 1, "width": 9, "height": 9}}
BODIES: Mapping[str, Mapping[str, Any]] = {
    "assign": {"person": NOBODY},
    "box": _BOX,
    "erase": {"confirm": "Anna"},
    "faces": _BOX,
    "label": {"name": "Anna"},
    "merge": {"people": [NOBODY]},
    "reject": {"faces": [NOBODY]},
    "split": {"faces": [NOBODY]},
}
FORMS = {"sidecar"}  # are sent as such
LOOKS_FIRST = {"references"}  # at what is sent, and then for whom that is


class Library:
    """Of another owner: a row of each kind that has an address, and its name there."""

    def __init__(self) -> None:
        self.owner = make_owner(user=make_user())
        self.photo = make_photo(owner=self.owner)
        person = make_person(owner=self.owner, name="Anna")
        naming.name_cluster(make_cluster(owner=self.owner, faces=1), "Ben")
        webhook = make_webhook(owner=self.owner)
        self.rows: Mapping[str, Model] = {
            "edits": Edit.objects.get(),
            "erasures": Erasure.objects.create(owner=self.owner, person=1),
            "faces": make_face(photo=self.photo),
            "faces/clusters": make_cluster(owner=self.owner, faces=1),
            "jobs": make_job(owner=self.owner),
            "keys": make_key(user=self.owner.user)[0],
            "people": person,
            "photos": self.photo,
            "search/near-duplicates": self.photo,
            "search/saved": SavedSearch.objects.create(
                owner=self.owner, name="a", asked={"q": "a"}
            ),
            "search/similar": self.photo,
            "webhooks": webhook,
            "webhooks/deliveries": make_delivery(webhook=webhook),
        }

    def url(self, path: str) -> str:
        """The address of its row."""
        kind = path.removeprefix("/api/v1/").partition("/<")[0]
        if "<webhook_pk>" in path:
            path = path.replace("<webhook_pk>", str(self.rows["webhooks"].pk))
            kind = "webhooks/deliveries"
        row = self.rows[kind]
        return address(path.replace("<public_id>", getattr(row, "public_id", "")), row.pk)


def of_rows() -> list[Endpoint]:
    """The endpoints that name one row of an owner's."""
    known = [each for each in endpoints() if each.need and each.need.way is Way.CALLER]
    return [each for each in known if each.path.startswith("/api/v1/") and _is_of_a_row(each.path)]


def _is_of_a_row(path: str) -> bool:
    return any(part in path for part in ("<pk>", "<public_id>", "<webhook_pk>"))


def last_of(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def told(client: APIClient, method: str, url: str, path: str) -> tuple[int, str]:
    """What is answered, without the row's own name."""
    act = last_of(path)
    body = None if method == "get" else BODIES.get(act, {})
    kind = "multipart" if act in FORMS else None
    answer: Any = getattr(client, method)(url, body, **{"format": kind} if kind else {})
    text = json.dumps({**answer.json(), "status": None})  # numbers of rows may be in it
    for part, name in zip(path.split("/"), url.split("/"), strict=True):
        text = text.replace(name, part) if part.startswith("<") else text
    return answer.status_code, text


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    settings.TRITON_URL = "127.0.0.1:9"


@pytest.fixture
def foreign() -> Library:
    return Library()


@pytest.mark.parametrize("endpoint", of_rows(), ids=lambda each: f"{each.method} {each.path}")
class TestRow:
    def test_of_another_looks_like_none(
        self, endpoint: Endpoint, foreign: Library, api: APIClient
    ) -> None:
        url = foreign.url(endpoint.path)

        theirs = told(api, endpoint.method, url, endpoint.path)
        missing = told(api, endpoint.method, address(endpoint.path), endpoint.path)

        assert theirs == missing
        assert theirs[0] == (400 if last_of(endpoint.path) in LOOKS_FIRST else 404)
        for row in foreign.rows.values():
            assert type(row)._default_manager.filter(pk=row.pk).exists()  # noqa: SLF001  # any model

    def test_of_another_is_no_more_to_staff_or_to_a_key_for_another_owner(
        self, endpoint: Endpoint, foreign: Library
    ) -> None:
        staff = APIClient()
        staff.force_login(make_user(is_staff=True))
        service = APIClient()
        _, secret = make_key(user=foreign.owner.user, owner=make_owner())
        service.credentials(HTTP_X_API_KEY=secret)
        url = foreign.url(endpoint.path)

        codes = {told(each, endpoint.method, url, endpoint.path)[0] for each in (staff, service)}

        assert codes <= {403, 404} or last_of(endpoint.path) in LOOKS_FIRST
