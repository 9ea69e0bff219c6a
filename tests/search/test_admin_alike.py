"""Near-duplicates side by side, for staff."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from search.models import DifferentPhotos
from tests.faces.staff import act, staff
from tests.factories import make_owner
from tests.search.alike import groups, make_look
from tests.search.test_alike_api import make_group

pytestmark = pytest.mark.django_db
GROUPS = "/admin/search/nearduplicates/"
SAID = "/admin/search/differentphotos/"


def listed(client: Client, url: str) -> list[int]:
    return [row.pk for row in client.get(url).context["cl"].result_list]


def told(client: Client, url: str) -> list[str]:
    """What staff are told after posting to `url`."""
    response = client.post(url, follow=True)
    return [str(message) for message in response.context["messages"]]


class TestGroups:
    def test_are_listed_with_all_their_photos(self, admin_client: Client) -> None:
        owner = make_owner()
        best, copy = make_group(owner)
        alone = make_look(owner=owner, of=5)

        page = admin_client.get(GROUPS).content.decode()

        assert listed(admin_client, GROUPS) == [best.pk]
        for photo in (best, copy):
            assert f'src="{photo.thumbnail.url}"' in page
            assert f'href="/admin/photos/photo/{photo.pk}/change/"' in page
        assert alone.thumbnail.url not in page
        assert "1999 × 480" in page  # noqa: RUF001  # a real sign

    def test_cost_as_many_queries_for_three_as_for_one(
        self, admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for count in (1, 3):
            while len(groups()) < count:
                make_group(make_owner(), of=len(groups()))
            with django_assert_num_queries(6):
                assert len(listed(admin_client, GROUPS)) == count

    def test_lead_to_the_best_photo(self, admin_client: Client) -> None:
        best, _ = make_group(make_owner())

        answer = admin_client.get(f"{GROUPS}{best.pk}/change/")

        assert answer.headers["Location"] == f"/admin/photos/photo/{best.pk}/change/"

    def test_lose_a_photo_that_is_no_duplicate(self, admin_client: Client) -> None:
        best, wrong, right = make_group(make_owner(), 3)

        [words] = told(admin_client, f"{GROUPS}{wrong.pk}/different/")

        assert words.startswith(f"Photo {wrong.pk} is no duplicate of 2 others. <a ")
        assert groups() == [{best.pk, right.pk}]

    def test_are_narrowed_down_still_after_that(self, admin_client: Client) -> None:
        owner = make_owner()
        best, _ = make_group(owner)
        narrowed = f"_changelist_filters=owner__id__exact%3D{owner.pk}"

        answer = admin_client.post(f"{GROUPS}{best.pk}/different/?{narrowed}")

        assert answer.headers["Location"] == f"{GROUPS}?owner__id__exact={owner.pk}"

    def test_are_for_those_to_see_who_may_only_look(self, client: Client) -> None:
        best, _ = make_group(make_owner())
        reader = staff(client, "view_nearduplicates")

        page = reader.get(GROUPS)
        answer = reader.post(f"{GROUPS}{best.pk}/different/")

        assert (page.status_code, "Not a duplicate" in page.content.decode()) == (200, False)
        assert (answer.status_code, len(groups())) == (403, 1)

    def test_change_by_nothing_but_a_post(self, admin_client: Client) -> None:
        best, _ = make_group(make_owner())

        answers = [
            admin_client.get(f"{GROUPS}{best.pk}/different/"),
            admin_client.post(f"{GROUPS}999999/different/"),
        ]

        assert [answer.status_code for answer in answers] == [405, 404]


class TestWhatWasSaid:
    def test_is_taken_back_by_deleting_it(self, admin_client: Client) -> None:
        best, wrong = make_group(make_owner())
        admin_client.post(f"{GROUPS}{wrong.pk}/different/")
        [pair] = DifferentPhotos.objects.all()
        apart = groups()

        act(admin_client, SAID, "delete_selected", [pair], post="yes")

        assert (apart, groups()) == ([], [{best.pk, wrong.pk}])
        assert not DifferentPhotos.objects.exists()

    def test_costs_as_many_queries_for_three_as_for_one(
        self, admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for count in (1, 3):
            while DifferentPhotos.objects.count() < count:
                _, wrong = make_group(make_owner(), of=DifferentPhotos.objects.count())
                admin_client.post(f"{GROUPS}{wrong.pk}/different/")
            with django_assert_num_queries(5):
                assert len(listed(admin_client, SAID)) == count
