"""Webhooks, and what is told to those outside, for staff."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.models import Delivery, Webhook
from jobs.telling import outbox, webhooks
from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner
from photos.staff import note

_PILLS = {  # state -> class of its pill in admin.css
    Delivery.State.PENDING: "queued",
    Delivery.State.DELIVERED: "succeeded",
    Delivery.State.FAILED: "failed",
}


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin[Webhook]):
    """Without the secrets: what signs is seen by nobody."""

    list_display = ("url", "state", "told_of", "failing_since", "of", "created_at")
    list_filter = (("disabled_at", admin.EmptyFieldListFilter), ("owner", OwnerFilter))
    list_select_related = ("owner", "receiver")
    search_fields = ("url", "owner__subject")
    search_help_text = "An address, or an owner"
    ordering = ("-pk",)
    actions = ("disable", "enable", "rotate", "ping")
    fields = (
        "url", "told_of", ("owner", "created_at"),
        ("state", "disabled_at", "disabled_because"), "failing_since", "old_secret_until",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        return super().get_queryset(request).defer("secret", "old_secret")

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_webhook")

    @admin.display(description="State")
    def state(self, webhook: Webhook) -> SafeString:
        state, words = ("cancelled", "Disabled") if webhook.disabled_at else ("succeeded", "On")
        return format_html('<span class="pill {}">{}</span>', state, words)

    @admin.display(description="Told of")
    def told_of(self, webhook: Webhook) -> str:
        return ", ".join(webhook.kinds)

    @admin.display(description="Failing since")
    def failing_since(self, webhook: Webhook) -> object:
        return webhook.receiver.failing_since

    @admin.display(description="Owner", ordering="owner__subject")
    def of(self, webhook: Webhook) -> SafeString:
        return only_owner(webhook.owner)

    @admin.action(description="Disable", permissions=["steer"])
    def disable(self, request: HttpRequest, hooks: QuerySet[Webhook]) -> None:
        for webhook in hooks:
            outbox.disable(webhook, f"Staff ({request.user}) disabled it.")
        self._tell(request, hooks, "Disabled", "webhook(s) disabled: what waited has failed.")

    @admin.action(description="Enable", permissions=["steer"])
    def enable(self, request: HttpRequest, hooks: QuerySet[Webhook]) -> None:
        for webhook in hooks:
            outbox.enable(webhook)
        self._tell(request, hooks, "Enabled", "webhook(s) are told of events from now on.")

    @admin.action(description="Make a new secret", permissions=["steer"])
    def rotate(self, request: HttpRequest, hooks: QuerySet[Webhook]) -> None:
        for webhook in hooks:
            text = f"The new secret of {webhook.url}, shown this once: {webhooks.rotate(webhook)}"
            self.message_user(request, text, messages.WARNING)
        self._tell(request, hooks, "Rotated the secret", "secret(s) made; the old sign for a day.")

    @admin.action(description="Send a ping", permissions=["steer"])
    def ping(self, request: HttpRequest, hooks: QuerySet[Webhook]) -> None:
        enabled = hooks.filter(disabled_at=None)
        for webhook in enabled:
            webhooks.ping(webhook)
        self._tell(request, enabled, "Pinged", "webhook(s) are sent a ping: see Deliveries.")

    def _tell(self, request: HttpRequest, hooks: QuerySet[Webhook], done: str, words: str) -> None:
        note(request, hooks, f"{done}.")
        self.message_user(request, f"{len(hooks)} {words}")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    list_display = (
        "id", "to", "told", "how", "attempts", "status_code", "error", "of", "created_at",
    )  # fmt: skip
    list_filter = ("state", "channel", ("owner", OwnerFilter))
    list_select_related = ("owner", "webhook", "event", "item")
    search_fields = ("=event__job_id", "=item__job__id", "webhook__url", "owner__subject")
    search_help_text = "A job's id, an address, or an owner"
    ordering = ("-pk",)
    actions = ("resend",)
    fields = (
        ("to", "told"), ("owner", "created_at"), ("how", "delivered_at"),
        ("attempts", "run_after"), ("status_code", "error"),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).defer("webhook__secret", "webhook__old_secret")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_delivery")

    def to(self, delivery: Delivery) -> str:
        return delivery.webhook.url if delivery.webhook else delivery.get_channel_display()

    @admin.display(description="What")
    def told(self, delivery: Delivery) -> str:
        if delivery.event:
            return f"{delivery.event.kind} {delivery.event.job_id}"
        return f"photo of job {delivery.item.job_id}" if delivery.item else webhooks.PING

    @admin.display(description="State", ordering="state")
    def how(self, delivery: Delivery) -> SafeString:
        state = Delivery.State(delivery.state)
        return format_html('<span class="pill {}">{}</span>', _PILLS[state], state.label)

    @admin.display(description="Owner", ordering="owner__subject")
    def of(self, delivery: Delivery) -> SafeString:
        return only_owner(delivery.owner)

    @admin.action(description="Send again", permissions=["resend"])
    def resend(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        asked = len(deliveries)
        count = outbox.resend(deliveries)
        note(request, deliveries, "Sent again.")
        self.message_user(request, f"{count} will be sent again, now.")
        if asked > count:
            text = f"{asked - count} will not: their webhooks are disabled."
            self.message_user(request, text, messages.WARNING)
