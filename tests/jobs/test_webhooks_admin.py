"""Webhooks as staff steer them."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from jobs.models import Delivery, Webhook
from jobs.telling import webhooks
from tests.factories import make_delivery, make_user, make_webhook

pytestmark = pytest.mark.django_db


class TestAdmin:
    @pytest.mark.parametrize("rows", [1, 3])
    @pytest.mark.parametrize("page", ["webhook", "delivery"])
    def test_costs_the_same_however_many_rows(
        self, admin_client: Client, django_assert_num_queries: Any, page: str, rows: int
    ) -> None:
        for _ in range(rows):
            make_delivery()

        with django_assert_num_queries(5):
            response = admin_client.get(f"/admin/jobs/{page}/")

        assert len(response.context["cl"].result_list) == rows

    def test_shows_no_secret(self, admin_client: Client) -> None:
        webhook = make_webhook()
        webhooks.rotate(webhook)

        pages = [
            admin_client.get(f"/admin/jobs/webhook/{path}").content.decode()
            for path in ("", f"{webhook.pk}/change/")
        ]

        assert not any("whsec_" in page for page in pages)
        assert all(webhook.url in page for page in pages)

    def test_shows_what_came_of_a_delivery(self, admin_client: Client) -> None:
        delivery = make_delivery(state=Delivery.State.FAILED, error="No <answer>.")

        page = admin_client.get(f"/admin/jobs/delivery/{delivery.pk}/change/").content.decode()

        assert '<span class="pill failed">Failed</span>' in page
        assert "No &lt;answer&gt;." in page

    def test_steers_webhooks(self, admin_client: Client) -> None:
        webhook = make_webhook()

        def act(action: str) -> list[str]:
            data = {"action": action, "_selected_action": str(webhook.pk)}
            response = admin_client.post("/admin/jobs/webhook/", data, follow=True)
            webhook.refresh_from_db()
            return [str(message) for message in response.context["messages"]]

        assert act("disable") == ["1 webhook disabled: what waited has failed."]
        assert webhook.disabled_because.startswith("Staff (user-")
        assert act("ping") == ["0 webhooks are sent a ping: see Deliveries."]
        assert act("enable") == ["1 webhook is told of events from now on."]
        assert act("ping") == ["1 webhook is sent a ping: see Deliveries."]
        rotated = act("rotate")
        assert rotated[0].endswith(f"shown this once: {webhook.secret}")

    def test_sends_again(self, admin_client: Client) -> None:
        failed = make_delivery(state=Delivery.State.FAILED)
        hopeless = make_delivery(
            webhook=make_webhook(disabled_at=timezone.now()), state=Delivery.State.FAILED
        )
        data = {"action": "resend", "_selected_action": [failed.pk, hopeless.pk]}

        response = admin_client.post("/admin/jobs/delivery/", data, follow=True)

        assert [str(message) for message in response.context["messages"]] == [
            "1 will be sent again, now.",
            "1 will not: their webhooks are disabled.",
        ]
        failed.refresh_from_db()
        assert failed.state == Delivery.State.PENDING

    @pytest.mark.parametrize(
        ("page", "action"),
        [("webhook", "disable"), ("webhook", "rotate"), ("delivery", "resend")],
    )
    def test_lets_nobody_steer_who_may_only_look(
        self, client: Client, page: str, action: str
    ) -> None:
        delivery = make_delivery(state=Delivery.State.FAILED)
        looker = make_user(is_staff=True)
        looker.user_permissions.set(Permission.objects.filter(codename=f"view_{page}"))
        client.force_login(looker)
        chosen = delivery.pk if page == "delivery" else delivery.webhook_id

        shown = client.get(f"/admin/jobs/{page}/")
        client.post(f"/admin/jobs/{page}/", {"action": action, "_selected_action": chosen})

        delivery.refresh_from_db()
        assert shown.status_code == 200
        assert delivery.state == Delivery.State.FAILED
        assert Webhook.objects.get(disabled_at=None, old_secret="").pk == delivery.webhook_id
