"""Webhooks, and what is told to those outside, for staff."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

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
    search_help_text = _("An address, or an owner")
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

    @admin.display(description=_("State"))
    def state(self, webhook: Webhook) -> SafeString:
        state = "cancelled" if webhook.disabled_at else "succeeded"
        words = _("Disabled") if webhook.disabled_at else _("On")
        return format_html('<span class="pill {}">{}</span>', state, words)

    @admin.display(description=_("Told of"))
    def told_of(self, webhook: Webhook) -> str:
        return ", ".join(webhook.kinds)

    @admin.display(description=_("Failing since"))
    def failing_since(self, webhook: Webhook) -> object:
        return webhook.receiver.failing_since

    @admin.display(description=_("Owner"), ordering="owner__subject")
    def of(self, webhook: Webhook) -> SafeString:
        return only_owner(webhook.owner)

    @admin.action(description=_("Disable"), permissions=["steer"])
    def disable(self, request: HttpRequest, hooks: QuerySet[Webhook]) -> None:
        for webhook in hooks:
            outbox.disable(webhook, f"Staff ({request.user}) disabled it.")
        self._tell(
            request,
            hooks,
            _("Disabled."),
            ngettext(
                "%(count)d webhook disabled: what waited has failed.",
                "%(count)d webhooks disabled: what waited has failed.",
                len(hooks),
            ),
        )

    @admin.action(description=_("Enable"), permissions=["steer"])
    def enable(self, request: HttpRequest, hooks: QuerySet[Webhook]) -> None:
        for webhook in hooks:
            outbox.enable(webhook)
        self._tell(
            request,
            hooks,
            _("Enabled."),
            ngettext(
                "%(count)d webhook is told of events from now on.",
                "%(count)d webhooks are told of events from now on.",
                len(hooks),
            ),
        )

    @admin.action(description=_("Make a new secret"), permissions=["steer"])
    def rotate(self, request: HttpRequest, hooks: QuerySet[Webhook]) -> None:
        for webhook in hooks:
            text = _("The new secret of %(url)s, shown this once: %(secret)s")
            said = {"url": webhook.url, "secret": webhooks.rotate(webhook)}
            self.message_user(request, text % said, messages.WARNING)
        self._tell(
            request,
            hooks,
            _("Rotated the secret."),
            ngettext(
                "%(count)d secret made; the old one signs for a day.",
                "%(count)d secrets made; the old ones sign for a day.",
                len(hooks),
            ),
        )

    @admin.action(description=_("Send a ping"), permissions=["steer"])
    def ping(self, request: HttpRequest, hooks: QuerySet[Webhook]) -> None:
        enabled = hooks.filter(disabled_at=None)
        for webhook in enabled:
            webhooks.ping(webhook)
        self._tell(
            request,
            enabled,
            _("Pinged."),
            ngettext(
                "%(count)d webhook is sent a ping: see Deliveries.",
                "%(count)d webhooks are sent a ping: see Deliveries.",
                len(enabled),
            ),
        )

    def _tell(
        self, request: HttpRequest, hooks: QuerySet[Webhook], done: StrOrPromise, words: str
    ) -> None:
        note(request, hooks, str(done))
        self.message_user(request, words % {"count": len(hooks)})


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    list_display = (
        "id", "to", "told", "how", "attempts", "status_code", "error", "of", "created_at",
    )  # fmt: skip
    list_filter = ("state", "channel", ("owner", OwnerFilter))
    list_select_related = ("owner", "webhook", "event", "item")
    search_fields = ("=event__job_id", "=item__job__id", "webhook__url", "owner__subject")
    search_help_text = _("A job's id, an address, or an owner")
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

    @admin.display(description=_("To"))
    def to(self, delivery: Delivery) -> str:
        return delivery.webhook.url if delivery.webhook else delivery.get_channel_display()

    @admin.display(description=_("What"))
    def told(self, delivery: Delivery) -> str:
        if delivery.event:
            return f"{delivery.event.kind} {delivery.event.job_id}"
        if delivery.item:
            return _("photo of job %(job)s") % {"job": delivery.item.job_id}
        return webhooks.PING

    @admin.display(description=_("State"), ordering="state")
    def how(self, delivery: Delivery) -> SafeString:
        state = Delivery.State(delivery.state)
        return format_html('<span class="pill {}">{}</span>', _PILLS[state], state.label)

    @admin.display(description=_("Owner"), ordering="owner__subject")
    def of(self, delivery: Delivery) -> SafeString:
        return only_owner(delivery.owner)

    @admin.action(description=_("Send again"), permissions=["resend"])
    def resend(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        asked = len(deliveries)
        count = outbox.resend(deliveries)
        note(request, deliveries, gettext("Sent again."))
        words = ngettext(
            "%(count)d will be sent again, now.", "%(count)d will be sent again, now.", count
        )
        self.message_user(request, words % {"count": count})
        if asked > count:
            text = _("%(count)d will not: their webhooks are disabled.")
            self.message_user(request, text % {"count": asked - count}, messages.WARNING)
