"""What is done to people and faces over HTTP that spans the house."""

from collections.abc import Callable, Collection
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, generics, serializers, status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from faces.errors import FaceMissing
from faces.models import Edit, Erasure, Face, Person
from faces.people import boxes
from faces.people.history import created
from faces.people.naming import tidy_name
from faces.people.once import asked_before
from faces.serializers import PlacedFaceSerializer
from faces.views.changing import Changing, changes
from faces.views.edits import EditViewSet
from faces.views.faces import FaceViewSet
from faces.views.people import PersonViewSet
from inference.geometry import Box
from jobs import drawing, services
from jobs.aftermath import follow
from jobs.erasure import erase
from jobs.models import Job
from jobs.serializers.jobs import JobSerializer
from jobs.serializers.people import (
    DrawingSerializer,
    DrawnSerializer,
    ErasingSerializer,
    ErasureSerializer,
    MovingSerializer,
    RedetectingSerializer,
)
from jobs.views.jobs import accepted
from photos.idempotency import HEADER, idempotency_of
from photos.models import Owner, Photo, owners_of


def actor(request: Request) -> User | None:
    """Who does it."""
    return request.user if isinstance(request.user, User) else None


class EraseView(APIView):
    """Delete a person for good."""

    @extend_schema(request=ErasingSerializer, responses=ErasureSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """The name, the faces with vectors and pictures, and what jobs and edits say of them.

        That can't be undone. The photos stay; where the faces were, none is looked for again.
        """
        owner = photos.services.owner_of(request.user)
        person = get_object_or_404(Person.objects.filter(owner=owner), pk=pk)
        asked = ErasingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if tidy_name(asked.validated_data["confirm"]) != person.name:
            raise serializers.ValidationError(
                {"confirm": "That is not the person's name: give it as it is now."}
            )
        erasure = erase(owner, person.pk, by=actor(request))
        return Response(ErasureSerializer(erasure).data)


class ErasureView(generics.RetrieveAPIView[Erasure]):
    """The receipt of an erased person."""

    serializer_class = ErasureSerializer

    def get_queryset(self) -> QuerySet[Erasure]:
        return Erasure.objects.filter(owner__in=owners_of(self.request.user))


class Followed(Changing):
    """Edits of which more follows than that people, clusters and faces are changed."""

    def changed(self, *asked: Any, **shown: Any) -> Response:
        answer = super().changed(*asked, **shown)
        if told := answer.data["edit"]:
            follow(self.owner, told["id"])
        return answer


class EditDoors(Followed, EditViewSet):
    """What was done, which can be undone: also as far as more has followed."""


class PersonDoors(Followed, PersonViewSet):
    """People, whose faces are looked at again where they may be."""


class PhotoFacesView(Followed):
    """Faces that somebody draws into a photo."""

    @extend_schema(request=DrawingSerializer, parameters=[HEADER], responses={201: DrawnSerializer})
    def post(self, request: Request, pk: str) -> Response:
        """Add a face that no model has found: where it is, and whose it is, if that is known."""
        asked = self.asked(DrawingSerializer)
        photo = self.mine(Photo.objects.select_related("owner"), pk=pk)
        act = _nothing if _is_known(self) else self._adding(photo, **asked)
        answer = self.changed(Edit.Kind.FACE, act, code=status.HTTP_201_CREATED)
        return _with_face(answer, self.owner, request)

    def _adding(self, photo: Photo, box: Box, person: int | None = None) -> Callable[[], object]:
        drawn = drawing.look(photo, box)

        def add() -> None:
            whom = None if person is None else self.people([person])[0]
            boxes.add(photo, drawn, person=whom, by=self.by)

        return add


class FaceBoxView(Followed):
    """Where a face is."""

    @extend_schema(request=MovingSerializer, parameters=[HEADER], responses=DrawnSerializer)
    def put(self, request: Request, pk: str) -> Response:
        """Move the box of a face. It stays whose it is."""
        box = self.asked(MovingSerializer)["box"]
        act = _nothing if _is_known(self) else self._moving(pk, box)
        answer = self.changed(Edit.Kind.FACE, act)
        return _with_face(answer, self.owner, request, int(pk))

    @extend_schema(request=MovingSerializer, parameters=[HEADER], responses=DrawnSerializer)
    def patch(self, request: Request, pk: str) -> Response:
        """As PUT."""
        return self.put(request, pk)

    def _moving(self, pk: str, box: Box) -> Callable[[], object]:
        face = _face(self.owner, pk)
        drawn = drawing.look(face.photo, box)
        return lambda: boxes.move(face, drawn, by=self.by)


class FaceDoors(Followed, FaceViewSet):
    """Faces, which can be deleted too: that changes what else is said of their photos."""

    @changes()
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say that there is no such face. No model's find is kept in its place again."""
        return self.changed(
            Edit.Kind.FACE,
            lambda: boxes.delete(_face(self.owner, kwargs["pk"]), by=self.by),
        )


def _is_known(view: Changing) -> bool:
    """Whether the same was asked for before, with the idempotency key that the request has."""
    return asked_before(view.owner, idempotency_of(view.request)) is not None


def _nothing() -> None:
    """What is done when it was done before."""


def _face(owner: Owner, pk: str) -> Face:
    """
    Raises:
        FaceMissing: the owner has no such face.
    """
    mine = Face.objects.filter(photo__owner=owner).select_related("photo__owner")
    if face := mine.filter(pk=pk).first():
        return face
    raise FaceMissing(f"There is no face {pk}.")


def _with_face(answer: Response, owner: Owner, request: Request, pk: int = 0) -> Response:
    """`answer`, and the face that it is about: `pk`, or the one that its edit has made."""
    told = answer.data["edit"]
    if not pk and told:
        pk = created(Edit.objects.of(owner).get(pk=told["id"]), Face) or 0
    face = Face.objects.with_people().filter(photo__owner=owner, pk=pk).first()
    shown = PlacedFaceSerializer(face, context={"request": request}).data if face else None
    answer.data = {**answer.data, "face": shown}
    return answer


class RedetectView(APIView):
    """Find the faces of photos again, with the detector that is active now."""

    @extend_schema(
        request=RedetectingSerializer, parameters=[HEADER], responses={202: JobSerializer}
    )
    def post(self, request: Request) -> Response:
        """Answers 202 with the job; its outcome tells, for each photo, what is kept, lost, added.

        Names stay where faces overlap. Faces that somebody drew, or said something of, are never
        lost. Each photo that is changed is an edit, which can be undone.
        """
        asked = RedetectingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        owner = photos.services.owner_of(request.user)
        arguments = {**asked.validated_data, "by": request.user.pk}
        _check_photos(owner, arguments.get("photos", ()))
        wishes = services.Wishes(idempotency=idempotency_of(request))
        job = services.submit_task(owner, Job.Kind.REDETECT, arguments, wishes=wishes)
        return accepted(request, job)


def _check_photos(owner: Owner, keys: Collection[int]) -> None:
    """
    Raises:
        NotFound: one of them is not there, or is somebody else's.
    """
    if Photo.objects.of(owner).filter(pk__in=keys).count() != len(set(keys)):
        raise exceptions.NotFound
