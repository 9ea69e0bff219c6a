"""Training a head on confirmed faces, and having faces compared by it, over HTTP. For staff."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from faces import matchers
from faces.matchers import PLOTS, Matcher
from jobs import maintenance, services, training
from jobs.models import Job
from jobs.serializers.jobs import JobSerializer
from jobs.views.jobs import accepted
from photos.idempotency import HEADER, idempotency_of
from photos.views import OneAnswer


class TrainingSerializer(serializers.Serializer[None]):
    """How a head is to be trained; what is left out is as the settings have it."""

    epochs = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    margin = serializers.FloatField(
        min_value=0, max_value=4, required=False, help_text="Squared distance."
    )
    min_faces = serializers.IntegerField(
        min_value=2,
        max_value=10_000,
        required=False,
        help_text="That somebody must have confirmed, for the head to learn from them.",
    )
    activate = serializers.BooleanField(
        default=True, help_text="Compare faces by the head, once it is kept."
    )
    queue = serializers.BooleanField(default=True, help_text="As a job: answer at once.")


class ActivatingSerializer(serializers.Serializer[None]):
    queue = serializers.BooleanField(default=True, help_text="As a job: answer at once.")


class EpochSerializer(serializers.Serializer[None]):
    epoch = serializers.IntegerField()
    epochs = serializers.IntegerField()
    loss = serializers.FloatField()
    tar = serializers.FloatField(help_text="True acceptance rate, of people held out.")
    far = serializers.FloatField(help_text="The false acceptance rate that it is measured at.")
    auc = serializers.FloatField()


class TrainedSerializer(serializers.Serializer[None]):
    """What training, or activating, a head has come to."""

    matcher = serializers.CharField(help_text="Its id.")
    training = serializers.CharField(help_text="The id while it is being trained.")
    epoch = EpochSerializer(allow_null=True, help_text="The last one.")
    kept = serializers.BooleanField(help_text="It tells people apart better.")
    reason = serializers.CharField()
    model = serializers.CharField(help_text="In the model repository; empty: it was not kept.")
    active = serializers.BooleanField()
    faces = serializers.IntegerField(help_text="That were given vectors in its space.")
    last_vector = serializers.IntegerField()
    recipe = serializers.CharField(help_text="By which faces were found before.")
    photos = serializers.IntegerField(help_text="That are looked at again.")


class MatcherSerializer(serializers.Serializer[Any]):
    """A head that was trained, and what the report of its training says."""

    id = serializers.CharField()
    created_at = serializers.DateTimeField()
    kept = serializers.BooleanField()
    reason = serializers.CharField()
    model = serializers.CharField(
        source="model.name", default=None, allow_null=True, help_text="In the model repository."
    )
    active = serializers.BooleanField()
    metric = serializers.JSONField(source="report.metric", help_text="What is not to drop.")
    held_out = serializers.JSONField(
        source="report.held_out", help_text="Of people held out, before and after."
    )
    losses = serializers.ListField(child=serializers.FloatField(), source="report.losses")
    counts = serializers.DictField(child=serializers.IntegerField(), source="report.counts")
    settings = serializers.DictField(source="report.settings")
    plots = serializers.SerializerMethodField()

    def get_plots(self, matcher: Matcher) -> dict[str, str]:
        """Addresses of PNG files."""
        request: Request = self.context["request"]
        return {
            plot: request.build_absolute_uri(
                reverse("matcher-plot", kwargs={"matcher": matcher.id, "plot": plot})
            )
            for plot in PLOTS
        }


class RolledBackSerializer(serializers.Serializer[training.RolledBack]):
    active = serializers.CharField(
        allow_null=True, help_text="The head that is active now; null: the embedder alone."
    )
    photos = serializers.IntegerField(help_text="That came meanwhile: they are looked at again.")


class TrainView(APIView):
    @extend_schema(
        request=TrainingSerializer,
        parameters=[HEADER],
        responses={200: TrainedSerializer, 202: JobSerializer},
    )
    def post(self, request: Request) -> Response:
        """Train a head on the faces that all owners have confirmed.

        It is kept if it tells people who were held out apart better. Then faces are compared by
        it, unless you do not want to `activate` it yet; all names stay.
        """
        asked = TrainingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        training.parts().trainer.check()
        return _answer(request, dict(asked.validated_data))


class MatchersView(APIView):
    @extend_schema(responses=MatcherSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The heads that were trained here, newest first, 100 at most.

        None whose report is damaged: whoever asks for that one by its id is told.
        """
        found, _damaged = matchers.listed(settings.TRAININGS_ROOT)
        return Response(MatcherSerializer(found, many=True, context={"request": request}).data)


class MatcherPlotView(APIView):
    content_negotiation_class = OneAnswer

    @extend_schema(responses={(200, "image/png"): bytes})
    def get(self, request: Request, matcher: str, plot: str) -> HttpResponseBase:
        """`loss`: of each epoch. `separation`: cosines of pairs before and after."""
        file = matchers.plot(settings.TRAININGS_ROOT, matcher, plot)
        return FileResponse(file.open("rb"), content_type="image/png")


class ActivateMatcherView(APIView):
    @extend_schema(
        request=ActivatingSerializer,
        parameters=[HEADER],
        responses={200: TrainedSerializer, 202: JobSerializer},
    )
    def post(self, request: Request, matcher: str) -> Response:
        """Compare faces by this head, once all are known in its space. Twice changes nothing.

        `matcher`: its id, or the name of its model.
        """
        asked = ActivatingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        matchers.kept(settings.TRAININGS_ROOT, matcher)
        return _answer(request, {**asked.validated_data, "matcher": matcher})


class RollBackMatcherView(APIView):
    @extend_schema(request=None, responses=RolledBackSerializer)
    def post(self, request: Request) -> Response:
        """Compare faces by what they were compared by before, at once."""
        return Response(asdict(training.roll_back()))


def _answer(request: Request, arguments: dict[str, Any]) -> Response:
    """Do it at once, or `queue` it."""
    owner = photos.services.owner_of(request.user)
    if not arguments.pop("queue"):
        return Response(maintenance.at_once(owner, Job.Kind.TRAIN, arguments))
    wishes = services.Wishes(idempotency=idempotency_of(request))
    arguments["by"] = request.user.pk
    return accepted(request, services.submit_task(owner, Job.Kind.TRAIN, arguments, wishes=wishes))
