"""Rules of how long things are kept, and receipts of what was deleted, for staff."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from config.models import Retention
from jobs.models import Removal
from jobs.roles import AUDITOR
from photos.models import Owner
from tests.factories import make_owner, make_user

pytestmark = pytest.mark.django_db
RULES, RECEIPTS = "/admin/config/retention/", "/admin/jobs/removal/"


@pytest.fixture
def auditor() -> Client:
    user = make_user(username="auditor", is_staff=True)
    user.groups.add(Group.objects.get(name=AUDITOR))
    client = Client()
    client.force_login(user)
    return client


def cells(client: Client, url: str) -> list[list[str]]:
    """What the rows of a list say, column by column."""
    page = client.get(url).content.decode()
    rows = re.findall(r"<tr>(?:(?!</tr>).)*field-.*?</tr>", page, re.DOTALL)
    return [
        [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd] .*?</t[hd]>", row)]
        for row in rows
    ]


class TestRules:
    def test_say_how_many_days_each_owner_keeps_what(self, auditor: Client, owner: Owner) -> None:
        Retention.objects.create(owner=owner, photos=365, searches=1)

        assert cells(auditor, RULES) == [
            [owner.subject, "365 days", "for ever", "1 day", "for ever"]
        ]

    def test_are_changed_nowhere_there(self, auditor: Client, owner: Owner) -> None:
        Retention.objects.create(owner=owner, photos=365)

        answers = [
            auditor.post(f"{RULES}{owner.pk}/change/", {"photos": 1}).status_code,
            auditor.post(f"{RULES}{owner.pk}/delete/", {"post": "yes"}).status_code,
            auditor.post(f"{RULES}add/", {"owner": make_owner().pk}).status_code,
        ]

        assert answers == [403, 403, 403]
        assert list(Retention.objects.values_list("owner", "photos")) == [(owner.pk, 365)]


class TestReceipts:
    def test_say_how_much_went_and_not_what(self, auditor: Client, owner: Owner) -> None:
        receipt = Removal.objects.create(
            owner=owner,
            why=Removal.Why.ASKED,
            photos=[[7, "a" * 64], [8, "b" * 64]],
            counts={"rows": {"face": 3}, "files": 4},
        )

        [row] = cells(auditor, RECEIPTS)
        page = auditor.get(f"{RECEIPTS}{receipt.pk}/change/").content.decode()

        assert [*row[:2], *row[3:]] == [
            str(receipt.pk), "the service", "somebody has asked for it", "files are going", "2",
            owner.subject,
        ]  # fmt: skip
        assert '<div class="readonly">4</div>' in page  # files
        assert "face: 3" in page
        assert "a" * 64 not in page

    def test_of_one_owner_are_found_alone(self, auditor: Client, owner: Owner) -> None:
        for whose in (owner, make_owner(subject="other")):
            Removal.objects.create(owner=whose, why=Removal.Why.ASKED, photos=[])

        found = cells(auditor, f"{RECEIPTS}?owner__id__exact={owner.pk}")

        assert [row[-1] for row in found] == [owner.subject]
