"""Models over HTTP: which there are, which one each role has, and loading and unloading them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.health import DEVICES
from inference.control import Device, State
from photos import roles, serving, standing
from photos.models import ServedModel
from photos.standing import Standing

STATES = [state.value for state in State]
ROLE = r"(?P<role>[a-z][a-z0-9_]{0,39})"
NAME = r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,79})"  # PACK or PACK.VERSION


class ModelSerializer(serializers.Serializer[Any]):
    """Of a `Standing`."""

    name = serializers.CharField(source="model.name", help_text="at the model server")
    role = serializers.CharField(source="model.role")
    pack = serializers.CharField(source="model.pack")
    version = serializers.IntegerField(source="model.version")
    active = serializers.BooleanField(source="model.is_active", help_text="Its role has it now.")
    state = serializers.ChoiceField(choices=STATES)
    device = serializers.ChoiceField(
        choices=[device.value for device in Device],
        allow_blank=True,
        help_text="What it runs on, or ran on last; empty: it was never loaded.",
    )
    pinned = serializers.BooleanField(source="model.pinned", help_text="It stays loaded.")
    memory_bytes = serializers.IntegerField(source="model.memory_bytes")
    licences = serializers.ListField(child=serializers.CharField(), source="model.licences")
    loaded_at = serializers.DateTimeField(source="model.loaded_at", allow_null=True)
    last_used_at = serializers.DateTimeField(source="model.last_used_at", allow_null=True)


class ModelsSerializer(serializers.Serializer[Any]):
    device = serializers.ChoiceField(choices=DEVICES)
    problem = serializers.CharField(
        allow_blank=True, help_text="Why photos can't be processed; empty: they can."
    )
    models = ModelSerializer(many=True)


class ChoiceSerializer(serializers.Serializer[None]):
    """Which model a role is to have."""

    pack = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60)
    version = serializers.IntegerField(min_value=1)


class UnloadedSerializer(serializers.Serializer[serving.UnloadedAll]):
    unloaded = serializers.ListField(child=serializers.CharField())
    kept = serializers.DictField(
        child=serializers.CharField(), help_text="name: model_in_use or model_pinned"
    )


class ActiveModelsView(APIView):
    """The model of each role, and how it is."""

    @extend_schema(responses=ModelsSerializer)
    def get(self, request: Request) -> Response:
        seen = standing.overview()
        active = standing.active(seen)
        body = {
            "device": standing.device(active),
            "problem": standing.problem(active, seen),
            "models": active,
        }
        return Response(ModelsSerializer(body).data)


class AvailableModelsView(APIView):
    """Every model of the repository."""

    @extend_schema(responses=ModelSerializer(many=True))
    def get(self, request: Request) -> Response:
        models = ServedModel.objects.with_active().order_by("role", "pack", "version")
        shown = standing.standings(models, standing.overview())
        return Response(ModelSerializer(shown, many=True).data)


class LoadView(APIView):
    """Load a model, and wait for it. One that is loaded stays so."""

    @extend_schema(request=None, responses=ModelSerializer)
    def post(self, request: Request, role: str, name: str) -> Response:
        model = roles.find(role, name)
        serving.keeper().load(model)
        return _answer(model)


class UnloadView(APIView):
    """Unload a model, unless it is in use or pinned. One that is not loaded stays so."""

    @extend_schema(request=None, responses=ModelSerializer)
    def post(self, request: Request, role: str, name: str) -> Response:
        model = roles.find(role, name)
        serving.keeper().unload(model)
        return _answer(model)


class UnloadAllView(APIView):
    """Unload all models but those in use, and the pinned ones."""

    @extend_schema(request=None, responses=UnloadedSerializer)
    def post(self, request: Request) -> Response:
        return Response(UnloadedSerializer(serving.keeper().unload_all()).data)


class RoleView(APIView):
    """Let a role have another model from now on. It is loaded first: a broken one is refused."""

    @extend_schema(request=ChoiceSerializer, responses=ModelSerializer)
    def put(self, request: Request, role: str) -> Response:
        choice = ChoiceSerializer(data=request.data)
        choice.is_valid(raise_exception=True)
        model = roles.find(role, "{pack}.{version}".format(**choice.validated_data))
        serving.keeper().switch(model)
        return _answer(model)


def _answer(model: ServedModel) -> Response:
    row = ServedModel.objects.with_active().get(pk=model.pk)
    return Response(ModelSerializer(Standing.of(row, standing.overview())).data)
