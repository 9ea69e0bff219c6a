"""The microservice's endpoints."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from jobs import services, steering
from jobs.doors.microservice.asked import AS, NewTaskSerializer, Task
from jobs.doors.microservice.shown import MicroserviceJobSerializer
from jobs.errors import JobFinished
from jobs.models import UNFINISHED, Item, Job
from photos.idempotency import HEADER
from photos.models import owners_of


class MicroserviceNewJobView(APIView):
    """Look at a photo of the media store."""

    @extend_schema(
        parameters=[OpenApiParameter("task_type", location="path", enum=Task.values), HEADER],
        request=NewTaskSerializer,
        responses={201: MicroserviceJobSerializer},
    )
    def post(self, request: Request, task_type: str) -> Response:
        """Answers 201 with the job, which has the result when it is done."""
        asked, task = NewTaskSerializer(data=request.data), _task(task_type)
        asked.is_valid(raise_exception=True)
        job = services.submit(
            photos.services.owner_of(request.user),
            [asked.photo_source()],
            operations=task.operations(),
            wishes=asked.wishes(request, task),
        )
        where = request.build_absolute_uri(reverse("microservice-job", kwargs={"pk": job.pk}))
        body = MicroserviceJobSerializer(_item_of(job)).data
        return Response(body, status.HTTP_201_CREATED, headers={"Location": where})


class MicroserviceJobViewSet(viewsets.GenericViewSet[Job]):
    """Jobs that were asked for at this door."""

    serializer_class = MicroserviceJobSerializer

    def get_permissions(self) -> list[Any]:
        anyhow = self.action == "retrieve" and self._is_public
        return [AllowAny()] if anyhow else list(super().get_permissions())

    def get_queryset(self) -> QuerySet[Job]:
        """Of whoever asks; of all, for those who need not say who they are."""
        jobs = Job.objects.filter(arguments__has_key=AS)
        if self._is_public:
            return jobs
        return jobs.filter(owner__in=owners_of(self.request.user))

    @property
    def _is_public(self) -> bool:
        """Whether somebody asks who does not say who they are, and need not."""
        return bool(settings.PUBLIC_JOB_STATUS and not self.request.user.is_authenticated)

    def retrieve(self, request: Request, pk: str) -> Response:
        """How far it is, and what was found."""
        return Response(MicroserviceJobSerializer(_item_of(self.get_object())).data)

    @extend_schema(responses={202: MicroserviceJobSerializer, 204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Forgets the job, 204; what was found stays, its files go.

        One that a worker has in hand is cancelled, which takes until its next step: 202, and
        asked again 204.
        """
        job = self.get_object()
        with suppress(JobFinished):
            steering.cancel(job)
        if job.items.filter(state__in=UNFINISHED).exists():
            body = MicroserviceJobSerializer(_item_of(job)).data
            return Response(body, status.HTTP_202_ACCEPTED)
        steering.delete(job)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _task(name: str) -> Task:
    """
    Raises:
        ValidationError: there is no such task.
    """
    if name not in Task.values:
        raise serializers.ValidationError({"task_type": f"Give one of {', '.join(Task.values)}."})
    return Task(name)


def _item_of(job: Job) -> Item:
    return get_object_or_404(Item.objects.select_related("job", "photo__owner"), job=job)
