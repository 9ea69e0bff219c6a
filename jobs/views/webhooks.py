"""Webhooks over HTTP: each owner's own."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

import photos.services
from jobs.models import Delivery, Webhook
from jobs.serializers.webhooks import (
    DeliverySerializer,
    WebhookRequestSerializer,
    WebhookSecretSerializer,
    WebhookSerializer,
)
from jobs.telling import outbox, webhooks
from photos.models import owners_of
from photos.pages import Pages


class WebhookViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Webhook]
):
    """Addresses that the caller's owner is told of events at. Source: Standard Webhooks."""

    serializer_class = WebhookSerializer
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Webhook]:
        mine = Webhook.objects.filter(owner__in=owners_of(self.request.user))
        return mine.select_related("receiver")

    @extend_schema(request=WebhookRequestSerializer, responses={201: WebhookSecretSerializer})
    def create(self, request: Request) -> Response:
        """Answers with the webhook's secret; after this, `rotate` alone shows a secret."""
        asked = WebhookRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        owner = photos.services.owner_of(request.user)
        webhook = webhooks.create(owner, **asked.validated_data)
        return Response(WebhookSecretSerializer(webhook).data, status.HTTP_201_CREATED)

    @extend_schema(request=WebhookRequestSerializer(partial=True), responses=WebhookSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change `url`, `kinds` or both. The secret stays."""
        webhook = self.get_object()
        asked = WebhookRequestSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        Webhook.objects.filter(pk=webhook.pk).update(**asked.validated_data)
        return Response(WebhookSerializer(self.get_object()).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """The log of its deliveries goes as well."""
        webhooks.delete(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=WebhookSecretSerializer)
    def rotate(self, request: Request, pk: str) -> Response:
        """Make a new secret, and show it this once. For 24 hours the old one signs as well."""
        webhooks.rotate(self.get_object())
        return Response(WebhookSecretSerializer(self.get_object()).data)

    @extend_schema(request=None, responses=WebhookSerializer)
    def enable(self, request: Request, pk: str) -> Response:
        """Tell a disabled webhook of events again. What it has missed can be sent again."""
        outbox.enable(self.get_object())
        return Response(WebhookSerializer(self.get_object()).data)

    @extend_schema(request=None, responses={202: DeliverySerializer})
    def ping(self, request: Request, pk: str) -> Response:
        """Send `webhook.ping`, once; how that went is in the log of deliveries."""
        delivery = webhooks.ping(self.get_object())
        return Response(DeliverySerializer(delivery).data, status.HTTP_202_ACCEPTED)


class DeliveryFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    state = filters.ChoiceFilter(choices=Delivery.State.choices)


class DeliveryViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Delivery]
):
    """What a webhook of the caller's owner was told, newest first."""

    queryset = Delivery.objects.none()  # what the schema is made of
    serializer_class = DeliverySerializer
    pagination_class = Pages
    filterset_class = DeliveryFilter

    def get_queryset(self) -> QuerySet[Delivery]:
        mine = Webhook.objects.filter(owner__in=owners_of(self.request.user))
        webhook = get_object_or_404(mine, pk=self.kwargs["webhook_pk"])
        return Delivery.objects.filter(webhook=webhook).select_related("event")

    @extend_schema(request=None, responses={202: DeliverySerializer})
    def resend(self, request: Request, webhook_pk: str, pk: str) -> Response:
        """Send it now, with the same id and all its attempts, whatever came of it before."""
        delivery = self.get_object()
        webhooks.check_enabled(Webhook.objects.get(deliveries=delivery))
        outbox.resend(self.get_queryset().filter(pk=delivery.pk))
        return Response(DeliverySerializer(self.get_object()).data, status.HTTP_202_ACCEPTED)
