"""Points that services bring."""

import numpy as np
import pytest
from django.db import connection
from django.db.models import Q

from photos.models import Owner, Space
from search.errors import PointInvalid, PointMissing, PointTaken
from search.models import Point, PointVector
from search.points import finding, writing
from search.points.collections import Place
from search.points.finding import Found, Search
from search.points.numbers import OURS
from search.points.writing import Brought, Chosen
from tests.factories import make_owner, unit
from tests.search.points.arranged import FACES, bring, make_faces, make_named_photo, place_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(owner: Owner) -> Place:
    """The photos of an owner, of which 7 is one."""
    make_named_photo(owner, "7", looks=unit(1))
    return place_of(owner)


def _all(place: Place) -> dict[int, Found]:
    found, _ = finding.scroll(place, Q(), since=0, limit=100, vectors=True)
    return {point.number: point for point in found}


def _by_id(*numbers: int) -> Chosen:
    return Chosen(numbers, Q())


def _by_filter(wanted: Q) -> Chosen:
    return Chosen(None, wanted)


class TestUpsert:
    def test_replaces_what_has_the_id(self, place: Place) -> None:
        bring(place, 5, looks=unit(1), a=1, b=2)
        for _ in range(2):
            bring(place, 5, looks=unit(0, 1), a=3)

        point = _all(place)[5]

        assert point.payload == {"a": 3}
        assert point.vector == unit(0, 1).tolist()
        assert Point.objects.count() == PointVector.objects.count() == 1

    def test_takes_the_last_of_several_with_one_id(self, place: Place) -> None:
        writing.upsert(place, [Brought(5, unit(1), {"n": n}) for n in range(3)])

        assert _all(place)[5].payload == {"n": 2}

    def test_keeps_owners_and_collections_apart(self, place: Place) -> None:
        foreign = place_of(make_owner())
        make_faces(make_named_photo(place.owner), 1)
        places = [place, foreign, place_of(place.owner, FACES)]

        for number, each in enumerate(places):
            bring(each, 5, n=number)

        assert [_all(each)[5].payload for each in places] == [{"n": n} for n in range(3)]

    def test_leaves_points_of_photos_alone(self, place: Place) -> None:
        before = _all(place)

        with pytest.raises(PointTaken, match="Point 7 is of a photo or a face that is here"):
            writing.upsert(place, [Brought(n, unit(0, 1), {}) for n in (6, 7, 8)])

        assert _all(place) == before
        assert not Point.objects.exists()

    def test_leaves_points_of_faces_alone_also_of_those_that_are_not_shown(
        self, owner: Owner
    ) -> None:
        photo = make_named_photo(owner, "7")
        make_faces(photo, 2)
        photo.faces.update(ignored=True)
        place = place_of(owner, FACES)

        bring(place, 7002)
        for number in (7000, 7001):
            with pytest.raises(PointTaken):
                bring(place, number)

    def test_gives_way_to_a_photo_that_gets_the_number_later(self, place: Place) -> None:
        bring(place, 9, looks=unit(0, 1), whose="the service's")
        photo = make_named_photo(place.owner, "9", looks=unit(1))

        assert _all(place)[9].payload["media_store_id"] == 9
        assert finding.count(place, Q()) == 2
        found = finding.search(place, Search(unit(0, 1), Q(), limit=1))
        assert [each.number for each in found] == [7]  # as alike as 9, and before it

        photo.delete()
        assert _all(place)[9].payload == {"whose": "the service's"}

    @pytest.mark.parametrize(("name", "number"), [("image_embeddings", OURS), (FACES, OURS * 1000)])
    def test_refuses_ids_that_are_for_photos(self, owner: Owner, name: str, number: int) -> None:
        make_faces(make_named_photo(owner, looks=unit(1)), 1)
        place = place_of(owner, name)
        bring(place, number - 1)

        with pytest.raises(PointInvalid, match=f"Point {number}: ids of your own are less than"):
            bring(place, number)

    def test_makes_the_index_of_a_space_once(self, place: Place) -> None:
        for number in (1, 2):
            bring(place, number)

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_indexes WHERE indexname = %s",
                [f"search_pointvector_hnsw_{place.space.pk}"],
            )
            assert cursor.fetchone() == (1,)

    def test_brings_a_point_of_an_older_space_into_that_of_today(self, place: Place) -> None:
        bring(place, 5, n=1)
        Space.objects.create(
            name="image_encoder:new:1", role="image_encoder", weights_sha256="2", dimension=3
        )
        now = place_of(place.owner)
        assert _all(now) == {}

        writing.upsert(now, [Brought(5, np.array([0, 1, 0], np.float32), {"n": 2})])

        assert _all(now)[5].payload == {"n": 2}
        assert PointVector.objects.count() == 1


class TestDelete:
    def test_takes_points_out_by_id_twice_as_once(self, place: Place) -> None:
        for number in (1, 2, 3):
            bring(place, number)

        for _ in range(2):
            writing.delete(place, _by_id(1, 3, 99))

        assert list(_all(place)) == [2, 7]

    def test_takes_points_out_by_filter(self, place: Place) -> None:
        for number in (1, 2, 3):
            bring(place, number)

        writing.delete(place, _by_filter(Q(number__in=[2, 3, 99])))

        assert list(_all(place)) == [1, 7]

    @pytest.mark.parametrize("chosen", [_by_id(1, 7), _by_filter(Q())])
    def test_leaves_all_there_where_one_is_of_a_photo(self, place: Place, chosen: Chosen) -> None:
        bring(place, 1)

        with pytest.raises(PointTaken, match="Point 7"):
            writing.delete(place, chosen)

        assert list(_all(place)) == [1, 7]

    def test_leaves_those_of_others(self, place: Place) -> None:
        foreign = place_of(make_owner())
        bring(foreign, 1)

        writing.delete(place, _by_id(1))
        writing.delete(place, _by_filter(Q(number=1)))

        assert list(_all(foreign)) == [1]


class TestPayloads:
    def test_are_changed_in_part_or_whole(self, place: Place) -> None:
        bring(place, 1, a=1, b={"c": 1})
        bring(place, 2, a=1)

        writing.merge_payload(place, _by_id(1), {"b": 2, "d": None})
        assert _all(place)[1].payload == {"a": 1, "b": 2, "d": None}

        writing.drop_fields(place, _by_filter(Q(number__lt=7)), ["a", "none"])
        assert _all(place)[1].payload == {"b": 2, "d": None}
        assert _all(place)[2].payload == {}

        writing.replace_payload(place, _by_id(2), {"e": 1})
        assert _all(place)[2].payload == {"e": 1}

    def test_stay_where_one_of_the_points_is_not_there(self, place: Place) -> None:
        bring(place, 1, a=1)
        bring(place_of(make_owner()), 2)

        with pytest.raises(PointMissing, match="Point with id 2 does not exist"):
            writing.merge_payload(place, _by_id(1, 2), {"a": 2})

        assert _all(place)[1].payload == {"a": 1}

    def test_of_photos_are_read_only(self, place: Place) -> None:
        with pytest.raises(PointTaken):
            writing.replace_payload(place, _by_id(7), {})

    def test_do_not_grow_without_end(self, place: Place) -> None:
        bring(place, 1, a="x" * 40_000)

        with pytest.raises(PointInvalid, match="Point 1: payload: it has 80"):
            writing.merge_payload(place, _by_id(1), {"b": "x" * 40_000})

        assert _all(place)[1].payload.keys() == {"a"}
