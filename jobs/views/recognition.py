"""Asking whose face it is, over HTTP: at once, and without anything being kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from faces import likeness, recognition
from faces.calibration import Scale, score_of
from faces.likeness import Hit, Sought
from faces.models import Cluster, Face, Person
from faces.recognition import Probe, active_space
from faces.references import the_only
from jobs.serializers.recognition import (
    ByFaceSerializer,
    HitsSerializer,
    IdentificationSerializer,
    IdentifySerializer,
    ThresholdSerializer,
    VerificationSerializer,
    VerifySerializer,
    only_one,
)
from jobs.sight import look_at
from jobs.views.process import check_length
from photos.models import Owner, Photo, Space
from photos.vectors import unit_of
from search.serializers.asked import valid

_SIDES = ("first", "second")


@dataclass(frozen=True)
class Yardstick:
    """What faces are compared by."""

    space: Space
    scale: Scale
    least: float  # cosine

    @classmethod
    def of(cls, asked: ThresholdSerializer, owner: Owner, space: Space) -> "Yardstick":
        scale = score_of(space, owner)
        return cls(space, scale, asked.least_cosine(scale))

    @property
    def shown(self) -> dict[str, Any]:
        return {
            "space": self.space.name,
            "threshold": self.scale.score(self.least),
            "min_cosine": self.least,
        }


class PicturesView(APIView):
    """Of requests that may bring pictures."""

    parser_classes = (JSONParser, MultiPartParser)
    pictures = 1  # at most, of a request

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_length(request, self.pictures * settings.MAX_PHOTO_BYTES)


class IdentifyView(PicturesView):
    """Whose faces a picture shows."""

    @extend_schema(
        request={"multipart/form-data": IdentifySerializer, "application/json": IdentifySerializer},
        responses=IdentificationSerializer,
    )
    def post(self, request: Request) -> Response:
        """The best candidates of each face, and whether the first one is accepted.

        Compared is with confirmed faces of people who may be matched. A photo that is here is
        taken as it was seen by the active model.
        """
        asked = IdentifySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        owner = photos.services.owner_of(request.user)
        probes, space = _faces_of(owner, asked.validated_data)
        by = Yardstick.of(asked, owner, space)
        limit = asked.validated_data["limit"]
        found = recognition.identify(owner, probes, space, by.scale, least=by.least, limit=limit)
        return Response(IdentificationSerializer(by.shown | {"faces": found}).data)


class VerifyView(PicturesView):
    """Whether two faces are one person's."""

    pictures = 2

    @extend_schema(
        request={"multipart/form-data": VerifySerializer, "application/json": VerifySerializer},
        responses=VerificationSerializer,
    )
    def post(self, request: Request) -> Response:
        """A picture must show exactly one face: 422 says which are there."""
        asked = VerifySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        owner = photos.services.owner_of(request.user)
        first, second, space = _pair(owner, asked.validated_data)
        by = Yardstick.of(asked, owner, space)
        cosine = recognition.cosine(first, second)
        answer = {
            "same": cosine >= by.least,
            "cosine": cosine,
            "score": by.scale.score(cosine),
            "first": first,
            "second": second,
        }
        return Response(VerificationSerializer(by.shown | answer).data)


class ByFaceView(PicturesView):
    """Photos that show somebody."""

    @extend_schema(
        request={"multipart/form-data": ByFaceSerializer, "application/json": ByFaceSerializer},
        responses=HitsSerializer,
    )
    def post(self, request: Request) -> Response:
        """Of a person or a cluster: their photos, then those with a face of nobody like theirs."""
        asked = valid(ByFaceSerializer(data=request.data))
        data, owner = asked.validated_data, photos.services.owner_of(request.user)
        sought, space = _sought(owner, data)
        by = Yardstick.of(asked, owner, space)
        limit, offset = data["limit"], data["offset"]
        hits = likeness.search(owner, sought, space, least=by.least, limit=limit + 1, offset=offset)
        more = len(hits) > limit
        answer = {
            "next_offset": offset + limit if more else None,
            "results": _shown(hits[:limit], by.scale),
        }
        return Response(HitsSerializer(by.shown | answer, context={"request": request}).data)


def _faces_of(owner: Owner, data: Mapping[str, Any]) -> tuple[list[Probe], Space]:
    if "file" in data:
        [sight] = look_at(data["file"].read())
        return sight.probes, sight.space
    photo = get_object_or_404(Photo.objects.of(owner), pk=data["photo_id"])
    space = active_space()
    return recognition.of_photo(photo, space), space


def _pair(owner: Owner, data: Mapping[str, Any]) -> tuple[Probe, Probe, Space]:
    """The two faces, in the one space that the active model sees them in."""
    sent = [side for side in _SIDES if side in data]
    faces = {side: _face(owner, data[f"{side}_face_id"]) for side in _SIDES if side not in data}
    sights = look_at(*(data[side].read() for side in sent))
    space = sights[0].space if sights else active_space()
    probes = dict(zip(faces, recognition.stored(faces.values(), space), strict=True))
    for side, sight in zip(sent, sights, strict=True):
        probes[side] = the_only(sight.probes, picture=side)
    first, second = (probes[side] for side in _SIDES)
    return first, second, space


def _sought(owner: Owner, data: Mapping[str, Any]) -> tuple[Sought, Space]:
    match only_one(data, *ByFaceSerializer.whom):
        case "file":
            [sight] = look_at(data["file"].read())
            probe = the_only(sight.probes, box=data.get("box"))
            return Sought(recognition.vector_of(probe)), sight.space
        case "face_id":
            space = active_space()
            [probe] = recognition.stored([_face(owner, data["face_id"])], space)
            return Sought(recognition.vector_of(probe)), space
        case "vector":
            space = active_space()
            return Sought(unit_of(data["vector"], space)), space
        case "cluster_id":
            clusters = Cluster.objects.filter(owner=owner).select_related("person")
            cluster = get_object_or_404(clusters, public_id=data["cluster_id"])
            return likeness.of_cluster(owner, cluster, space := active_space()), space
        case who:
            field = "contact_id" if who == "contact_id" else "pk"
            people = Person.objects.filter(owner=owner)
            person = get_object_or_404(people, **{field: data[who]})
            return likeness.of_person(owner, person, space := active_space()), space


def _shown(hits: list[Hit], scale: Scale) -> list[dict[str, Any]]:
    """Two queries, however many."""
    there = Photo.objects.with_place().in_bulk([hit.photo for hit in hits])
    faces = Face.objects.with_people().in_bulk([hit.face for hit in hits])
    return [
        {
            "photo": there[hit.photo],
            "face": faces[hit.face],
            "how": hit.how,
            "cosine": hit.cosine,
            "score": None if hit.cosine is None else scale.score(hit.cosine),
        }
        for hit in hits
        if hit.photo in there and hit.face in faces  # and did not go meanwhile
    ]


def _face(owner: Owner, pk: int) -> Face:
    return get_object_or_404(Face.objects.with_people().filter(photo__owner=owner), pk=pk)
