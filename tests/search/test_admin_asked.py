"""Searches that were kept and that were asked, as staff see them."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from photos.models import Owner
from search.models import AskedSearch, SavedSearch
from tests.factories import make_owner

pytestmark = pytest.mark.django_db
SAVED, ASKED = "/admin/search/savedsearch/", "/admin/search/askedsearch/"
LISTING = 5


def make_saved(owner: Owner, name: str = "Mine", **asked: Any) -> SavedSearch:
    return SavedSearch.objects.create(owner=owner, name=name, asked=asked or {"q": "a cat"})


def make_asked(owner: Owner, **values: Any) -> AskedSearch:
    defaults = {
        "language": "en", "parts": ["people"], "filters": ["faces"],
        "word_count": 3, "found": 7, "took_ms": 41.6,
    }  # fmt: skip
    return AskedSearch.objects.create(owner=owner, **defaults | values)


class TestSavedSearches:
    def test_are_listed_with_a_link_that_asks_them(self, admin_client: Client) -> None:
        owner = make_owner()
        make_saved(owner, q="a cat", people=["Anna", "Ben"])

        page = admin_client.get(SAVED).content.decode()

        address = f"/admin/search/?q=a+cat&amp;people=Anna&amp;people=Ben&amp;owner={owner.pk}"
        assert f'<a href="{address}">a cat</a>' in page

    def test_are_renamed_and_deleted_and_not_made_here(self, admin_client: Client) -> None:
        saved = make_saved(make_owner())
        page = f"{SAVED}{saved.pk}/"

        assert admin_client.get(f"{SAVED}add/").status_code == 403
        assert admin_client.post(f"{page}change/", {"name": "Cats"}).status_code == 302
        saved.refresh_from_db()
        assert (saved.name, saved.asked) == ("Cats", {"q": "a cat"})
        assert admin_client.post(f"{page}delete/", {"post": "yes"}).status_code == 302
        assert not SavedSearch.objects.exists()


class TestAskedSearches:
    def test_are_listed_newest_first_and_by_language(self, admin_client: Client) -> None:
        make_asked(make_owner())
        make_asked(make_owner(), language="id")

        listed = admin_client.get(ASKED).context["cl"]
        english = admin_client.get(ASKED, {"language": "en"}).context["cl"]

        assert [each.language for each in listed.result_list] == ["id", "en"]
        assert [each.language for each in english.result_list] == ["en"]

    def test_can_only_be_looked_at(self, admin_client: Client) -> None:
        asked = make_asked(make_owner())

        assert "42 ms" in admin_client.get(f"{ASKED}{asked.pk}/change/").content.decode()
        for address in (f"{ASKED}add/", f"{ASKED}{asked.pk}/delete/"):
            assert admin_client.get(address).status_code == 403


class TestLists:
    @pytest.mark.parametrize(("page", "make"), [(SAVED, make_saved), (ASKED, make_asked)])
    def test_cost_a_fixed_number_of_queries(
        self,
        admin_client: Client,
        django_assert_num_queries: DjangoAssertNumQueries,
        page: str,
        make: Any,
    ) -> None:
        for count in (1, 2):
            for _ in range(count):
                make(make_owner())
            with django_assert_num_queries(LISTING):
                admin_client.get(page)
