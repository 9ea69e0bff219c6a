"""Getting to know people by reference pictures, over HTTP."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

import photos.services
from faces import recognition
from faces.models import Face, Person
from faces.recognition import active_space
from jobs import enrolment
from jobs.enrolment import Enrolled, Whom
from jobs.serializers.enrolment import (
    MOST,
    EnrolledSerializer,
    EnrolmentSerializer,
    ReferencesSerializer,
)
from jobs.views.recognition import PicturesView
from photos.idempotency import HEADER, Idempotency, idempotency_of
from photos.models import Owner, Photo


class ReferencesView(PicturesView):
    """Reference pictures of somebody who is known."""

    pictures = MOST

    @extend_schema(
        request={
            "multipart/form-data": ReferencesSerializer,
            "application/json": ReferencesSerializer,
        },
        parameters=[HEADER],
        responses={200: EnrolledSerializer},
    )
    def post(self, request: Request, pk: str) -> Response:
        """All of them or none. Each must show exactly one good face: 422 says what is wrong."""
        owner = photos.services.owner_of(request.user)
        asked = ReferencesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        mine = Person.objects.filter(owner=owner)
        whom = partial(get_object_or_404, mine, pk=pk)
        return _enrolled(request, owner, lambda: Whom(whom()), asked.validated_data)


class EnrolView(PicturesView):
    """Somebody by name or contact id, and their reference pictures, at once."""

    pictures = MOST

    @extend_schema(
        request={
            "multipart/form-data": EnrolmentSerializer,
            "application/json": EnrolmentSerializer,
        },
        parameters=[HEADER],
        responses={200: EnrolledSerializer, 201: EnrolledSerializer},
    )
    def post(self, request: Request) -> Response:
        """Answers 201 where they were not known before, else 200. As for references otherwise."""
        asked = EnrolmentSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        whom = Whom(contact_id=data.get("contact_id", ""), name=data.get("name", ""))
        owner = photos.services.owner_of(request.user)
        return _enrolled(request, owner, lambda: whom, data)


def _enrolled(
    request: Request, owner: Owner, whom: Callable[[], Whom], data: Mapping[str, Any]
) -> Response:
    """`whom` is looked up only if it is not known by an idempotency key what was done."""
    key = idempotency_of(request)
    enrolled = enrolment.enrolled_before(owner, key) or _enrol(request, owner, whom(), data, key)
    code = status.HTTP_201_CREATED if enrolled.created else status.HTTP_200_OK
    return Response(EnrolledSerializer(enrolled, context={"request": request}).data, code)


def _enrol(
    request: Request,
    owner: Owner,
    whom: Whom,
    data: Mapping[str, Any],
    key: Idempotency | None,
) -> Enrolled:
    stored = _stored(owner, data.get("photo_ids", ()), data.get("face_ids", ()))
    sent = enrolment.references([file.read() for file in data["file"]], data["box"])
    assert isinstance(request.user, User)  # noqa: S101  # others are not let in
    return enrolment.enrol(owner, whom, sent, stored, by=request.user, idempotency=key)


def _stored(owner: Owner, photo_ids: list[int], face_ids: list[int]) -> list[int]:
    """The faces that are meant, of photos and as such."""
    if not (photo_ids or face_ids):
        return []
    space, found = active_space(), []
    for pk in photo_ids:
        photo = get_object_or_404(Photo.objects.of(owner), pk=pk)
        found.append(enrolment.of_stored(recognition.of_photo(photo, space), name=f"photo {pk}"))
    faces = Face.objects.with_people().filter(photo__owner=owner)
    for pk in face_ids:
        probes = recognition.stored([get_object_or_404(faces, pk=pk)], space)
        found.append(enrolment.of_stored(probes, name=f"face {pk}"))
    return found
