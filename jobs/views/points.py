"""Qdrant's protocol over HTTP: services' vectors, beside those that are made here.

Source: https://api.qdrant.tech, version 1.15.
"""

import time
from functools import cached_property, partial
from typing import Any, TypeVar

from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

import photos.services
from jobs.intake.parsers import NumbersJSONParser
from jobs.models import Item, State
from jobs.serializers.point_fields import Fields
from jobs.serializers.points import (
    AskedSerializer,
    ChosenSerializer,
    CollectionSerializer,
    CountSerializer,
    KeysSerializer,
    PayloadSerializer,
    PointsSerializer,
    QueriesSerializer,
    QuerySerializer,
    RetrieveSerializer,
    ScrollSerializer,
    SearchesSerializer,
    SearchSerializer,
)
from photos.views import OneAnswer
from search.errors import CollectionDiffers
from search.models import Point
from search.points import finding, writing
from search.points.collections import Place, Told, space_of
from search.points.finding import Found
from search.points.plain import point_id

Asked = TypeVar("Asked", bound=AskedSerializer)
_COSINE = "Cosine"
_TOLD = Told(
    job=Subquery(
        Item.objects.filter(photo=OuterRef("seen"), state=State.SUCCEEDED)
        .order_by("-finished_at", "-pk")
        .values("job")[:1]
    )
)
# What clients want to be told of a collection, beside what differs; we have nothing to set there.
_INFO = {"status": "green", "optimizer_status": "ok", "segments_count": 1, "payload_schema": {}}
_CONFIG = {
    "hnsw_config": {"m": 16, "ef_construct": 64, "full_scan_threshold": 0},
    "optimizer_config": {
        "deleted_threshold": 0.2,
        "vacuum_min_vector_number": 0,
        "default_segment_number": 1,
        "flush_interval_sec": 0,
    },
}


class QdrantView(APIView):
    """Answers and errors in Qdrant's shape."""

    content_negotiation_class = OneAnswer  # Qdrant has no other
    parser_classes = (NumbersJSONParser,)
    schema = None  # Qdrant's own description is theirs

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        self._start = time.perf_counter()
        return super().initialize_request(request, *args, **kwargs)

    def answer(self, result: Any) -> Response:
        return Response({"result": result, "status": "ok", "time": self._seconds()})

    def get_exception_handler(self) -> Any:
        return partial(self._error, super().get_exception_handler())

    def _error(self, of_the_house: Any, exc: Exception, context: dict[str, Any]) -> Response | None:
        response: Response | None = of_the_house(exc, context)
        if response is not None:
            error = {"error": response.data["detail"]}
            response.data = {"status": error, "time": self._seconds()}
        return response

    def _seconds(self) -> float:
        return round(time.perf_counter() - self._start, 6)


class NoSuchView(QdrantView):
    """What Qdrant has, and this service has not."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound(
            f"{request.method} {request.path[:200]} is nothing that this service answers: see "
            "docs/points.md."
        )


class CollectionViewSet(ViewSetMixin, QdrantView):
    def list(self, request: Request) -> Response:
        there = [name for name in Point.Collection if space_of(name)]
        return self.answer({"collections": [{"name": name} for name in there]})

    def exists(self, request: Request, collection: str) -> Response:
        known = collection in Point.Collection.values
        return self.answer({"exists": known and space_of(Point.Collection(collection)) is not None})

    def retrieve(self, request: Request, collection: str) -> Response:
        place = _place(request, collection)
        count = finding.count(place, Q())
        vectors = {"size": place.space.dimension, "distance": _COSINE}
        counts = {"points_count": count, "indexed_vectors_count": count}
        return self.answer(_INFO | counts | {"config": {"params": {"vectors": vectors}, **_CONFIG}})

    def create(self, request: Request, collection: str) -> Response:
        """It is there; so the question is only whether it is as it is wanted."""
        place = _place(request, collection)
        asked = CollectionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data["vectors"]
        if wanted != {"size": place.space.dimension, "distance": _COSINE}:
            raise CollectionDiffers(
                f"Collection `{collection}` already exists, with vectors of "
                f"{place.space.dimension} numbers and the distance {_COSINE}."
            )
        return self.answer(result=True)


class PointViewSet(ViewSetMixin, QdrantView):
    def upsert(self, request: Request, collection: str) -> Response:
        brought = self._asked(PointsSerializer).validated_data["brought"]
        writing.upsert(self._place, brought)
        return self._written()

    def delete_points(self, request: Request, collection: str) -> Response:
        writing.delete(self._place, self._asked(ChosenSerializer).chosen)
        return self._written()

    def set_payload(self, request: Request, collection: str) -> Response:
        asked = self._asked(PayloadSerializer)
        writing.merge_payload(self._place, asked.chosen, asked.validated_data["payload"])
        return self._written()

    def overwrite_payload(self, request: Request, collection: str) -> Response:
        asked = self._asked(PayloadSerializer)
        writing.replace_payload(self._place, asked.chosen, asked.validated_data["payload"])
        return self._written()

    def delete_payload(self, request: Request, collection: str) -> Response:
        asked = self._asked(KeysSerializer)
        writing.drop_fields(self._place, asked.chosen, asked.validated_data["keys"])
        return self._written()

    def clear_payload(self, request: Request, collection: str) -> Response:
        writing.replace_payload(self._place, self._asked(ChosenSerializer).chosen, {})
        return self._written()

    def one(self, request: Request, collection: str, number: str) -> Response:
        found = finding.one(
            self._place, point_id(int(number) if number.isdecimal() else number, "id"), vectors=True
        )
        return self.answer(_record(found, Fields(others=True)))

    def retrieve(self, request: Request, collection: str) -> Response:
        asked = self._asked(RetrieveSerializer).validated_data
        found = finding.retrieve(self._place, asked["ids"], vectors=asked["with_vector"])
        there = [found[number] for number in dict.fromkeys(asked["ids"]) if number in found]
        return self.answer([_record(each, asked["with_payload"]) for each in there])

    def scroll(self, request: Request, collection: str) -> Response:
        asked = self._asked(ScrollSerializer).validated_data
        found, following = finding.scroll(
            self._place,
            asked["filter"],
            since=asked["offset"],
            limit=asked["limit"],
            vectors=asked["with_vector"],
        )
        points = [_record(each, asked["with_payload"]) for each in found]
        return self.answer({"points": points, "next_page_offset": following})

    def count(self, request: Request, collection: str) -> Response:
        wanted = self._asked(CountSerializer).validated_data["filter"]
        return self.answer({"count": finding.count(self._place, wanted)})

    def search(self, request: Request, collection: str) -> Response:
        return self.answer(self._found(self._asked(SearchSerializer).validated_data))

    def search_batch(self, request: Request, collection: str) -> Response:
        searches = self._asked(SearchesSerializer).validated_data["searches"]
        return self.answer([self._found(each) for each in searches])

    def query(self, request: Request, collection: str) -> Response:
        return self.answer({"points": self._found(self._asked(QuerySerializer).validated_data)})

    def query_batch(self, request: Request, collection: str) -> Response:
        searches = self._asked(QueriesSerializer).validated_data["searches"]
        return self.answer([{"points": self._found(each)} for each in searches])

    def answer(self, result: Any) -> Response:
        if self.kwargs["collection"] == Point.Collection.FACES and _tells_vectors(result):
            self.request._request.takes_vectors = True  # type: ignore[attr-defined]  # noqa: SLF001  # is noted
        return super().answer(result)

    @cached_property
    def _place(self) -> Place:
        return _place(self.request, self.kwargs["collection"])

    def _asked(self, kind: type[Asked]) -> Asked:
        asked = kind(data=self.request.data, context={"place": self._place})
        asked.is_valid(raise_exception=True)
        return asked

    def _found(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        fields = asked["with_payload"]
        found = finding.search(
            self._place,
            asked["search"],
            payloads=fields.wants_any,
            vectors=asked["with_vector"],
        )
        return [{**_record(each, fields), "version": 0, "score": each.cosine} for each in found]

    def _written(self) -> Response:
        """All is done by now, whether the caller wanted to `wait` for it or not."""
        return self.answer({"operation_id": None, "status": "completed"})


def _place(request: Request, collection: str) -> Place:
    return Place.of(photos.services.owner_of(request.user), collection, _TOLD)


def _tells_vectors(result: Any) -> bool:
    match result:
        case list():
            return any(_tells_vectors(each) for each in result)
        case {"points": points}:
            return _tells_vectors(points)
        case {"vector": vector}:
            return vector is not None
    return False


def _record(found: Found, fields: Fields) -> dict[str, Any]:
    return {"id": found.number, "payload": fields.of(found.payload), "vector": found.vector}
