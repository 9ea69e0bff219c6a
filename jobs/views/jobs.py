"""Jobs over HTTP: how far they are, and steering them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, generics, mixins, serializers, status, viewsets
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import steering
from jobs.errors import NothingFailed
from jobs.models import FINAL, STATUS, Item, Job, with_findings
from jobs.operations import current_recipes
from jobs.serializers.jobs import (
    ItemSerializer,
    JobDetailSerializer,
    JobSerializer,
    RetrySerializer,
)
from photos.models import owners_of
from photos.pages import Pages

_STATES = {word: state for state, word in STATUS.items()}


def accepted(request: Request, job: Job) -> Response:
    """202: the job is there, and this is how far it is."""
    shown = JobSerializer(Job.objects.with_progress().get(pk=job.pk)).data
    where = request.build_absolute_uri(reverse("job-detail", kwargs={"pk": job.pk}))
    return Response(shown, status.HTTP_202_ACCEPTED, headers={"Location": where})


class JobFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    status = filters.ChoiceFilter(choices=[(word, word) for word in _STATES], method="in_state")
    kind = filters.ChoiceFilter(choices=Job.Kind.choices)

    class Meta:
        model = Job
        fields = ("status", "kind")

    def in_state(self, jobs: Any, _name: str, word: str) -> Any:
        return jobs.in_state(_STATES[word])


class NewestFirst(Pages):
    ordering = ("-created_at", "-pk")


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Job]):
    """Jobs of the caller's owner."""

    pagination_class = NewestFirst
    filterset_class = JobFilter

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Job]]:
        return JobDetailSerializer if self.action == "retrieve" else JobSerializer

    def get_queryset(self) -> QuerySet[Job]:
        jobs = Job.objects.filter(owner__in=owners_of(self.request.user))
        match self.action:
            case "retrieve":
                return jobs.with_progress().with_results(current_recipes())
            case "standing" | "destroy":
                return jobs.with_progress()
        return jobs

    def paginate_queryset(self, queryset: Any) -> Any:
        """Progress is counted for the jobs of the page alone: others may have many photos."""
        page = super().paginate_queryset(queryset) or []
        counted = Job.objects.with_progress().in_bulk([job.pk for job in page])
        return [counted[job.pk] for job in page if job.pk in counted]

    @extend_schema(responses=JobSerializer)
    def standing(self, request: Request, pk: str) -> Response:
        """How far the job is, without its photos: cheap, however many they are."""
        return Response(JobSerializer(self.get_object()).data)

    @extend_schema(responses={202: JobSerializer, 204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Cancels a job that is not finished, 202; forgets one that is, 204.

        Photos, and what was found in them, stay.
        """
        job = self.get_object()
        if job.state in FINAL:
            steering.delete(job)
            return Response(status=status.HTTP_204_NO_CONTENT)
        steering.cancel(job)
        return accepted(request, job)

    @extend_schema(request=None, responses={202: JobSerializer})
    def cancel(self, request: Request, pk: str) -> Response:
        """Let nothing more be done. What is being worked on ends at its worker's next step."""
        job = self.get_object()
        steering.cancel(job)
        return accepted(request, job)

    @extend_schema(request=None, responses={202: JobSerializer})
    def pause(self, request: Request, pk: str) -> Response:
        """Let nothing more be begun. What is being worked on is finished."""
        job = self.get_object()
        steering.pause(job)
        return accepted(request, job)

    @extend_schema(request=None, responses={202: JobSerializer})
    def resume(self, request: Request, pk: str) -> Response:
        """Let what is paused have its turn again."""
        job = self.get_object()
        steering.resume(job)
        return accepted(request, job)

    @extend_schema(request=RetrySerializer, responses={202: JobSerializer})
    def retry(self, request: Request, pk: str) -> Response:
        """Try again what has failed: all of it, or those of `items` that have."""
        job = self.get_object()
        asked = RetrySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if not steering.retry(_items(job, asked.validated_data.get("items"))):
            raise NothingFailed("Nothing that failed is left to be tried again.")
        return accepted(request, job)


def _items(job: Job, ids: Sequence[int] | None) -> QuerySet[Item]:
    """Those of `job`'s items, or all.

    Raises:
        NotFound: one of them is none of this job's.
    """
    items = job.items.all()
    if ids is None:
        return items
    chosen = items.filter(pk__in=ids)
    if chosen.count() != len(set(ids)):
        raise exceptions.NotFound
    return chosen


class InOrder(Pages):
    ordering = ("pk",)


class ItemFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    status = filters.ChoiceFilter(choices=[(word, word) for word in _STATES], method="in_state")

    class Meta:
        model = Item
        fields = ("status",)

    def in_state(self, items: Any, _name: str, word: str) -> Any:
        return items.filter(state=_STATES[word])


class JobItemsView(generics.ListAPIView[Item]):
    """All photos of a job, in the order in which they were sent, with what was found in them."""

    serializer_class = ItemSerializer
    pagination_class = InOrder
    filterset_class = ItemFilter

    queryset = Item.objects.none()  # what the schema goes by

    def get_queryset(self) -> QuerySet[Item]:
        mine = Job.objects.filter(owner__in=owners_of(self.request.user))
        job = get_object_or_404(mine, pk=self.kwargs["pk"])
        return with_findings(Item.objects.filter(job=job), current_recipes())
