"""The page of the models."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from config.admin import bars_of
from inference.client import TritonClient
from inference.control import Overview, State
from local.processes import wait_until
from photos import roles, serving
from photos.models import ServedModel
from search.models import ImageVector, SearchedSpace
from tests.factories import make_photo, make_space, make_user, unit
from tests.search.changing import activate
from tests.tiny import BROKEN, GIVEN, Tiny, doubler

pytestmark = pytest.mark.django_db
MODELS = "/admin/photos/servedmodel/"
ONE, TWO = "face_detector.tiny.1", "face_detector.tiny.2"
BAD = "face_detector.bad.1"  # a failed one stays so for the server, whatever comes after it


@pytest.fixture
def repository(tiny: Tiny) -> Tiny:
    """With two versions of one role, the newer one active."""
    for name in (ONE, TWO):
        tiny.write(name)
    roles.sync(tiny.folder)
    return tiny


@pytest.fixture
def no_server(settings: Any) -> None:
    settings.TRITON_URL = "127.0.0.1:9"


@pytest.fixture
def reader_client(client: Client) -> Client:
    """Staff who may look at models, and steer none."""
    reader = make_user(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_servedmodel"))
    client.force_login(reader)
    return client


def told(client: Client, action: str, *names: str) -> list[str]:
    """What staff are told after an action on models."""
    chosen = ServedModel.objects.filter(name__in=names).values_list("pk", flat=True)
    data = {"action": action, "_selected_action": list(chosen)}
    response = client.post(MODELS, data, follow=True)
    return [str(message) for message in response.context["messages"]]


def loaded() -> list[str]:
    index = Overview.of(serving.keeper().url, timeout_s=10).index
    return sorted(name for name in (ONE, TWO) if index[name].state is State.LOADED)


def page_of(client: Client, url: str = MODELS) -> str:
    return client.get(url).content.decode()


class TestModelsPage:
    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_the_same_however_many_models(
        self, tiny: Tiny, admin_client: Client, django_assert_num_queries: Any, count: int
    ) -> None:
        for number in range(count):
            tiny.write(f"role_{number}.tiny.1")
        roles.sync(tiny.folder)

        with django_assert_num_queries(8):
            page = page_of(admin_client)

        assert page.count(".tiny.1<br>") == count

    @pytest.mark.usefixtures("repository")
    def test_shows_what_each_model_does(self, admin_client: Client) -> None:
        url = serving.keeper().url
        with TritonClient(url, timeout_s=10, keeper=serving.keeper()) as client:
            for items in (1, 2, 2):
                client.infer(doubler(TWO), given=GIVEN.repeat(items, axis=0))

        def requests() -> int:
            return Overview.of(url, timeout_s=10).statistics[TWO].requests

        # The server counts a request after it has answered it.
        wait_until(lambda: requests() == 3, timeout_s=30, what="Counting")
        page = page_of(admin_client)

        assert '<span class="pill succeeded">loaded</span>' in page
        assert '<td class="field-requests">3</td>' in page
        assert re.findall(r"<title>(.*)</title>\s*<rect", page) == ["1 run of 1", "2 runs of 2"]
        assert "mean 1.7" in page
        assert "1.0\xa0MB" in page

    @pytest.mark.parametrize(
        ("batches", "bars"),
        [
            ({}, []),
            ({1: 4, 2: 0, 3: 1, 4: 1}, [(1, 1, 4, 30), (3, 4, 2, 15)]),
            ({5: 1, 128: 600}, [(5, 8, 1, 2), (65, 128, 600, 30)]),
        ],
    )
    def test_draws_a_few_bars_however_many_sizes(
        self, batches: dict[int, int], bars: list[tuple[int, ...]]
    ) -> None:
        drawn = bars_of(batches)

        assert [(bar["least"], bar["most"], bar["runs"], bar["height"]) for bar in drawn] == bars
        assert all(bar["y"] + bar["height"] == 30 for bar in drawn)

    @pytest.mark.usefixtures("no_server")
    def test_says_how_far_photos_follow_another_model(self, admin_client: Client) -> None:
        activate("a")
        photos = [make_photo(), make_photo()]
        old, new = (make_space(name=f"image_encoder:{pack}:1") for pack in "ab")
        for photo, space in ((photos[0], old), (photos[1], old), (photos[1], new)):
            ImageVector.objects.create(
                photo=photo, owner=photo.owner, space=space, vector=unit(1).tolist()
            )
        SearchedSpace.objects.create(space=old)
        assert "follow into" not in page_of(admin_client)

        activate("b")

        assert "follow into image_encoder:b:1: 1 of 2 (50.0 %) have, 0 can" in page_of(admin_client)

    @pytest.mark.usefixtures("repository", "no_server")
    def test_says_that_the_model_server_is_away(self, admin_client: Client) -> None:
        page = page_of(admin_client)

        assert "The model server does not answer." in page
        assert page.count(">unknown</span>") == 2

    def test_shows_staff_why_a_model_failed(self, tiny: Tiny, admin_client: Client) -> None:
        tiny.write_program(BAD)
        tiny.mark(BAD, BROKEN)
        roles.sync(tiny.folder)
        told(admin_client, "load", BAD)
        row = ServedModel.objects.get(name=BAD)

        page = page_of(admin_client, f"{MODELS}{row.pk}/change/")

        assert "broken on purpose" in page
        assert "Licence: MIT" in page

    @pytest.mark.usefixtures("repository")
    def test_wears_our_style_sheet_and_nothing_inline(self, admin_client: Client) -> None:
        page = page_of(admin_client)

        assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=", page)

    @pytest.mark.usefixtures("repository")
    def test_shows_hostile_text_of_a_manifest_as_text(
        self, repository: Tiny, admin_client: Client
    ) -> None:
        row = ServedModel.objects.get(name=ONE)
        row.manifest["weights"][0]["licence"] = "<script>alert(1)</script>"
        row.save()

        page = page_of(admin_client, f"{MODELS}{row.pk}/change/")

        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page

    @pytest.mark.usefixtures("repository", "no_server")
    def test_offers_nothing_to_those_who_may_only_look(self, reader_client: Client) -> None:
        page = page_of(reader_client)

        assert ONE in page
        assert 'name="action"' not in page

    def test_is_not_for_strangers(self, client: Client) -> None:
        assert client.get(MODELS).status_code == 302


@pytest.mark.usefixtures("repository")
class TestActions:
    def test_load_and_unload(self, admin_client: Client) -> None:
        said = told(admin_client, "load", ONE, TWO)
        before = loaded()
        told(admin_client, "unload", ONE)

        assert said == [f"Loaded {TWO}.", f"Loaded {ONE}."]
        assert (before, loaded()) == ([ONE, TWO], [TWO])

    def test_say_what_can_not_be_done_and_do_the_rest(self, admin_client: Client) -> None:
        told(admin_client, "load", ONE, TWO)
        told(admin_client, "pin", TWO)

        said = told(admin_client, "unload", ONE, TWO)

        assert said == [f"{TWO} is pinned: unpin it first.", f"Unloaded {ONE}."]
        assert loaded() == [TWO]

    def test_give_a_role_another_model_and_the_old_one_back(self, admin_client: Client) -> None:
        told(admin_client, "activate", ONE)
        after = roles.active_models()
        told(admin_client, "roll_back", ONE, TWO)

        assert after == {"face_detector": ONE}
        assert roles.active_models() == {"face_detector": TWO}

    def test_switch_no_head(self, admin_client: Client, repository: Tiny) -> None:
        head = "face_matcher.trained.1"
        repository.write(head)
        roles.sync(repository.folder)

        said = told(admin_client, "activate", head) + told(admin_client, "roll_back", head)

        assert [words.startswith("face_matcher has heads") for words in said] == [True, True]
        assert roles.active_models() == {"face_detector": TWO}

    def test_pin_and_unpin(self, admin_client: Client) -> None:
        told(admin_client, "pin", ONE)
        pinned = ServedModel.objects.get(pinned=True)
        told(admin_client, "unpin", ONE)

        assert pinned.name == ONE
        assert not ServedModel.objects.filter(pinned=True).exists()

    def test_are_written_down_with_who_did_it(self, admin_client: Client, admin_user: Any) -> None:
        told(admin_client, "pin", ONE)

        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_repr) == (admin_user, ONE)
        assert entry.get_change_message() == f"Pinned {ONE}."

    def test_are_not_for_those_who_may_only_look(self, reader_client: Client) -> None:
        told(reader_client, "pin", ONE)

        assert not ServedModel.objects.filter(pinned=True).exists()
