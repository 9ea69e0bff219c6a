"""API keys over HTTP: everybody's own."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from config.access import keys
from config.access.keys import Terms
from config.access.scopes import EVERYTHING, Scope
from config.models import ApiKey
from photos.models import owners_of
from photos.pages import Pages

LONGEST_GRACE_S = 30 * 24 * 3600


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    """Without the secret, which nobody knows any more."""

    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.values))
    owner = serializers.CharField(
        source="owner.subject", allow_null=True, default=None, help_text="None: the user's own."
    )

    class Meta:
        model = ApiKey
        fields = (
            "id", "name", "prefix", "scopes", "owner", "expires_at", "used_at", "revoked_at",
            "created_at",
        )  # fmt: skip


class SecretKeySerializer(KeySerializer):
    """With the secret, this once."""

    key = serializers.CharField(read_only=True)

    class Meta(KeySerializer.Meta):
        fields = (*KeySerializer.Meta.fields, "key")  # type: ignore[assignment]  # one more


class KeyRequestSerializer(serializers.Serializer[None]):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.values), allow_empty=False
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)

    def validate_name(self, name: str) -> str:
        if ApiKey.objects.filter(user=self._by, name=name, revoked_at=None).exists():
            raise serializers.ValidationError("You have a key of this name: choose another one.")
        return name

    def validate_scopes(self, asked: list[str]) -> frozenset[Scope]:
        if wider := set(asked) - grantable(self.context["request"]):
            names = ", ".join(sorted(wider))
            raise serializers.ValidationError(f"You can't give what you have not: {names}.")
        return frozenset(map(Scope, asked))

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        ends, parent = asked.get("expires_at"), self._parent
        if ends and ends <= timezone.now():
            raise serializers.ValidationError({"expires_at": "That is over already."})
        if parent and parent.expires_at:
            asked["expires_at"] = min(ends or parent.expires_at, parent.expires_at)
        return asked

    @property
    def terms(self) -> Terms:
        parent = self._parent
        owner = parent.owner if parent else None
        return Terms(user=self._by, owner=owner, parent=parent, **self.validated_data)

    @property
    def _by(self) -> User:
        user = self.context["request"].user
        assert isinstance(user, User)  # noqa: S101  # others are not let in
        return user

    @property
    def _parent(self) -> ApiKey | None:
        return key_of(self.context["request"])


class RotatingSerializer(serializers.Serializer[None]):
    grace_s = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_GRACE_S,
        default=0,
        help_text="How long the old secret goes on opening the same, in seconds.",
    )


def key_of(request: Request) -> ApiKey | None:
    """The key that somebody comes with; None: they are signed in."""
    return request.auth if isinstance(request.auth, ApiKey) else None


def grantable(request: Request) -> frozenset[str]:
    """What somebody may let a new key do: nothing that they may not do themselves."""
    if key := key_of(request):
        return frozenset(key.scopes) - {Scope.KEYS}  # a key's keys make no keys
    user = request.user
    staff = {Scope.ADMIN} if user.is_staff else set[Scope]()
    all_owners = {Scope.ALL_OWNERS} if user.is_superuser else set[Scope]()
    return EVERYTHING - {Scope.ADMIN, Scope.ALL_OWNERS} | staff | all_owners


class KeyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ApiKey]):
    """The caller's own keys, which may no more than they. A key sees itself, and its keys."""

    serializer_class = KeySerializer
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[ApiKey]:
        user = self.request.user
        mine = ApiKey.objects.filter(user=user.pk).select_related("owner").order_by("-pk")
        if key := key_of(self.request):
            return mine.filter(Q(pk=key.pk) | Q(parent=key))
        # Who rotates a key can use it: superusers make some that may more than their user.
        own = Q(owner=None) | Q(owner__in=owners_of(user))
        return mine.filter(own, scopes__contained_by=sorted(grantable(self.request)))

    @extend_schema(request=KeyRequestSerializer, responses={201: SecretKeySerializer})
    def create(self, request: Request) -> Response:
        """Answers with the key itself, which is shown this once. It may no more than you may."""
        asked = KeyRequestSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        made, secret = keys.issue(asked.terms, by=asked.terms.user)
        return _shown(made, secret, status.HTTP_201_CREATED)

    @extend_schema(request=RotatingSerializer, responses=SecretKeySerializer)
    def rotate(self, request: Request, pk: str) -> Response:
        """A new secret, which is shown this once; the old one ends now, or after `grace_s`."""
        asked = RotatingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        key = self.get_object()
        secret = keys.rotate(key, **asked.validated_data)
        return _shown(self.get_object(), secret)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """It opens nothing from now on, nor does what was made with it. Its row stays."""
        keys.revoke([self.get_object()])
        return Response(status=status.HTTP_204_NO_CONTENT)


def _shown(key: ApiKey, secret: str, code: int = status.HTTP_200_OK) -> Response:
    key.key = secret  # type: ignore[attr-defined]  # for the answer alone
    answer = Response(SecretKeySerializer(key).data, code)
    answer.headers["Cache-Control"] = "no-store"
    return answer
