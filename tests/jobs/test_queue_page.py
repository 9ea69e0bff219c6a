"""The live queue, as staff see it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from jobs import steering
from jobs.models import CleanUp, Event, Item, Pause, State
from jobs.templatetags.ages import age
from tests.factories import make_event, make_item, make_remote_worker, make_user

pytestmark = pytest.mark.django_db
QUEUE = "/admin/queue/"
LOOKING, STEERING = (
    [QUEUE, f"{QUEUE}now/"],
    [f"{QUEUE}{name}/" for name in ("pause", "resume", "retry")],
)
FAILED: dict[str, Any] = {"state": State.FAILED, "error_code": "too_large"}


def staff(client: Client, *permissions: str) -> Client:
    user = make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def told(client: Client, button: str, **data: str) -> list[str]:
    """What staff are told after they have pressed a button."""
    response = client.post(f"{QUEUE}{button}/", data, follow=True)
    return [str(message) for message in response.context["messages"]]


class TestPage:
    def test_shows_what_waits_who_works_and_what_failed(self, admin_client: Client) -> None:
        make_item(priority=7)
        make_item(external_id="IMG_1.jpg", priority=9)
        Item.objects.claim(worker="studio:17:abc", limit=1, lease_s=30)
        make_item(external_id="IMG_2.jpg", error_detail="It has 200 MB.", **FAILED)

        page = " ".join(admin_client.get(QUEUE).content.decode().split())

        assert "<dt>Waiting</dt><dd>1</dd>" in page
        assert "<dt>In work</dt><dd>1</dd>" in page
        assert re.search(r"<td>7</td>.{1,300}<td class=\"number\">1</td>", page)
        assert "studio:17</span>" in page
        assert ">IMG_1.jpg</a>" in page
        assert "<code>too_large</code>" in page
        assert ">IMG_2.jpg</a> It has 200 MB." in page

    def test_draws_the_last_hour_and_the_stages(self, admin_client: Client) -> None:
        item = make_item(state=State.SUCCEEDED, stage_ms={"decode": 20.0, "store": 40.0})
        at = timezone.now() - timedelta(minutes=5)
        kind = Event.Kind.PHOTO_COMPLETED
        make_event(owner=item.owner, kind=kind, data={"item_id": item.pk}, created_at=at)

        page = admin_client.get(QUEUE).content.decode()

        assert "<title>5 min ago: 1 completed, 0 failed</title>" in page
        assert re.findall(r'class="good" width="(\d+)" height="10"', page)[-2:] == ["50", "100"]
        assert 'x="5.1" width=".8" height="100"' in page

    def test_shows_remote_workers_and_the_last_clean_up(self, admin_client: Client) -> None:
        make_remote_worker(name="nas")
        CleanUp.objects.create(removed={"jobs": 3, "files": 0})

        page = " ".join(admin_client.get(QUEUE).content.decode().split())

        assert 'nas</span> <span class="pill">remote</span>' in page
        assert "3 jobs, 0 files." in page

    def test_is_fine_with_nothing_to_show(self, admin_client: Client) -> None:
        page = admin_client.get(QUEUE).content.decode()

        assert "Nobody works on anything." in page
        assert "Nothing failed." in page
        assert "No clean-up yet." in page

    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_much_there_is(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        for number in range(rows):
            make_item(priority=number)
            make_item(state=State.FAILED, error_code=f"code_{number}")
            make_remote_worker()
        Item.objects.claim(worker="w", limit=1, lease_s=30)

        with django_assert_num_queries(11):
            admin_client.get(f"{QUEUE}now/")

    def test_has_nothing_inline(self, admin_client: Client) -> None:
        make_item(**FAILED)

        page = admin_client.get(QUEUE).content.decode()

        assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=", page)

    def test_shows_hostile_names_as_text(self, admin_client: Client) -> None:
        make_item(external_id="<script>alert(1)</script>", **FAILED)

        page = admin_client.get(QUEUE).content.decode()

        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page

    def test_is_one_click_away(self, admin_client: Client) -> None:
        for page in ("/admin/", "/admin/jobs/job/"):
            assert f'href="{QUEUE}"' in admin_client.get(page).content.decode()


class TestButtons:
    def test_pause_and_resume_the_queue(self, admin_client: Client, admin_user: Any) -> None:
        make_item()

        said = told(admin_client, "pause")
        while_paused = Item.objects.claim(worker="w", limit=1, lease_s=30)
        page = admin_client.get(QUEUE).content.decode()
        said += told(admin_client, "resume")

        assert said == ["Paused the queue.", "Resumed the queue."]
        assert while_paused == []
        assert f"by {admin_user.username}" in page
        assert not Pause.objects.exists()
        assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == said

    def test_pause_keeps_who_was_first(self, admin_client: Client) -> None:
        steering.pause_queue(by="anna")

        told(admin_client, "pause")

        assert Pause.objects.get().by == "anna"

    def test_retry_what_failed_with_a_code(self, admin_client: Client) -> None:
        failed, other = make_item(**FAILED), make_item(state=State.FAILED, error_code="other")

        said = [told(admin_client, "retry", code="too_large") for _ in range(2)]

        assert said == [
            ["1 failed photo will be tried again."],
            ["0 failed photos will be tried again."],
        ]
        assert Item.objects.get(state=State.QUEUED) == failed
        assert Item.objects.get(state=State.FAILED) == other
        assert OrmQ.objects.count() == 1

    @pytest.mark.parametrize("data", [{}, {"code": "none_such"}])
    def test_retry_nothing_of_an_unknown_code(
        self, admin_client: Client, data: dict[str, str]
    ) -> None:
        make_item(**FAILED)

        assert told(admin_client, "retry", **data) == ["0 failed photos will be tried again."]


class TestRights:
    @pytest.mark.parametrize("url", [*LOOKING, *STEERING])
    def test_are_none_for_strangers(self, client: Client, url: str) -> None:
        answer = client.post(url) if url in STEERING else client.get(url)

        assert (answer.status_code, answer.headers["Location"]) == (
            302,
            f"/admin/login/?next={url}",
        )

    @pytest.mark.parametrize("url", LOOKING)
    def test_to_look_want_a_permission(self, client: Client, url: str) -> None:
        assert staff(client).get(url).status_code == 403
        assert staff(client, "view_job").get(url).status_code == 200

    @pytest.mark.parametrize("url", STEERING)
    def test_to_steer_want_another_one(self, client: Client, url: str) -> None:
        assert staff(client, "view_job").post(url).status_code == 403
        assert staff(client, "view_job", "change_job").post(url).status_code == 302

    def test_show_those_who_may_only_look_no_button(self, client: Client) -> None:
        make_item(**FAILED)

        page = staff(client, "view_job").get(f"{QUEUE}now/").content.decode()

        assert "<button" not in page

    @pytest.mark.parametrize("url", STEERING)
    def test_are_not_used_by_looking(self, admin_client: Client, url: str) -> None:
        assert admin_client.get(url).status_code == 405

    @pytest.mark.parametrize("url", STEERING)
    def test_are_not_used_by_other_sites(self, admin_user: Any, url: str) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(admin_user)

        assert client.post(url).status_code == 403


class TestAge:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (None, "-"),
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7199, "119 min"),
            (7200, "2 h"),
            (172_800, "2 d"),
        ],
    )
    def test_is_said_in_the_largest_fitting_unit(self, seconds: float | None, words: str) -> None:
        assert age(seconds) == words
