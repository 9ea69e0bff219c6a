"""Webhooks and their deliveries, as API callers see them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.models import Delivery, Event, Webhook
from jobs.telling.webhooks import ENDS, PING, policy
from photos.fetch import check_url


class WebhookRequestSerializer(serializers.Serializer[Webhook]):
    """Where to tell, and of what."""

    url = serializers.CharField(max_length=500, help_text="http or https")
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=Event.Kind.choices),
        default=list(ENDS),
        min_length=1,
        max_length=len(Event.Kind),
        help_text="Of events. The default are the ends of jobs.",
    )

    def validate_url(self, url: str) -> str:
        check_url(url, policy())
        return url

    def validate_kinds(self, kinds: list[str]) -> list[str]:
        return sorted(set(kinds))


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """A webhook, without its secret."""

    enabled = serializers.SerializerMethodField()
    failing_since = serializers.DateTimeField(
        source="receiver.failing_since",
        allow_null=True,
        help_text="Nothing could be delivered since. After five days it is disabled.",
    )

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = (
            "id", "url", "kinds", "enabled", "disabled_at", "disabled_because", "failing_since",
            "old_secret_until", "created_at",
        )  # fmt: skip

    def get_enabled(self, webhook: Webhook) -> bool:
        return webhook.disabled_at is None


class WebhookSecretSerializer(WebhookSerializer):
    """A webhook with its secret, which is shown this once."""

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """How telling a webhook of an event went."""

    message_id = serializers.CharField(help_text="The `webhook-id` that it is sent with.")
    kind = serializers.SerializerMethodField()
    job_id = serializers.UUIDField(source="event.job_id", default=None, allow_null=True)
    next_attempt_at = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields = (
            "id", "message_id", "kind", "job_id", "state", "attempts", "status_code", "error",
            "created_at", "next_attempt_at", "delivered_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=[*Event.Kind.values, PING]))
    def get_kind(self, delivery: Delivery) -> str:
        return delivery.event.kind if delivery.event else PING

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_attempt_at(self, delivery: Delivery) -> Any:
        return delivery.run_after if delivery.state == Delivery.State.PENDING else None
