"""Which points lie in a collection, and reading them."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from faces.models import Face, FaceVector, Membership
from photos.models import Owner, Photo, Space
from search.errors import CollectionMissing, PointMissing
from search.models import ImageVector, SearchedSpace
from search.points import finding
from search.points.finding import Search
from search.points.numbers import OURS
from tests.factories import make_cluster, make_face, make_owner, make_person, unit
from tests.search.points.arranged import FACES, bring, make_faces, make_named_photo, place_of

pytestmark = pytest.mark.django_db


def _numbers(owner: Owner, name: str = "image_embeddings") -> list[int]:
    found, _ = finding.scroll(place_of(owner, name), Q(), since=0, limit=100)
    return [point.number for point in found]


def _near(*numbers: float, limit: int = 10, **how: Any) -> Search:
    return Search(unit(*numbers), Q(), limit, **how)


class TestPhotos:
    def test_are_points_once_they_have_a_vector(self, owner: Owner) -> None:
        make_named_photo(owner, "5")
        unnamed = make_named_photo(owner, looks=unit(1))
        make_named_photo(owner, "7", "a", "3", looks=unit(0.6, 0.8))

        assert _numbers(owner) == [3, 7, OURS + unnamed.pk]

    def test_tell_what_the_documents_say(self, owner: Owner) -> None:
        make_named_photo(owner, "7", looks=unit(0.6, 0.8))
        other = make_named_photo(owner, "image-789", looks=unit(1))

        found = finding.retrieve(place_of(owner), [7, OURS + other.pk], vectors=True)

        task = {"job_id": None, "task_type": "image_embedding"}
        assert found[7].payload == {"media_store_id": 7, **task}
        assert found[7].vector == pytest.approx(unit(0.6, 0.8).tolist(), abs=1e-3)
        assert found[OURS + other.pk].payload == {"media_store_id": "image-789", **task}

    def test_of_another_space_are_none(self, owner: Owner) -> None:
        photo = make_named_photo(owner, "1", looks=unit(1))
        bring(place_of(owner), 2)
        newer = Space.objects.create(
            name="image_encoder:new:1", role="image_encoder", weights_sha256="2", dimension=3
        )

        assert _numbers(owner) == []

        ImageVector.objects.create(photo=photo, owner=owner, space=newer, vector=[1, 0, 0])
        assert _numbers(owner) == [1]

    def test_of_others_are_not_there(self, owner: Owner) -> None:
        make_named_photo(make_owner(), "1", looks=unit(1))
        foreign = place_of(make_owner())
        bring(foreign, 2)

        place = place_of(owner)

        assert _numbers(owner) == []
        assert finding.retrieve(place, [1, 2]) == {}
        assert finding.search(place, _near(1)) == []
        assert finding.count(place, Q()) == 0
        with pytest.raises(PointMissing):
            finding.one(place, 2)


class TestFaces:
    def test_tell_what_the_documents_say(self, owner: Owner) -> None:
        photo = make_named_photo(owner, "123")
        make_faces(photo, 1)
        face = make_face(photo=photo, space=Space.objects.get(), vector=unit(0, 1), x=7.5)

        found = finding.retrieve(place_of(owner, FACES), [123000, 123001], vectors=True)

        assert list(found) == [123000, 123001]
        assert found[123001].vector == unit(0, 1).tolist()
        assert found[123001].payload == {
            "job_id": None,
            "media_store_id": 123,
            "task_type": "face_embedding",
            "face_index": 1,
            "bbox": {"x": 7.5, "y": 10, "width": 50, "height": 60},
            "landmarks": {
                "left_eye": [20, 20],
                "right_eye": [40, 20],
                "nose": [30, 35],
                "left_mouth": [22, 50],
                "right_mouth": [38, 50],
            },
            "confidence": face.confidence,
        }

    def test_without_a_vector_are_none(self, owner: Owner) -> None:
        photo = make_named_photo(owner, "1")
        _, erased = make_faces(photo, 2)

        FaceVector.objects.filter(face=erased).delete()

        assert _numbers(owner, FACES) == [1000]

    @pytest.mark.parametrize("mark", ["ignored", "hidden"])
    def test_of_clusters_that_are_left_out_are_not_there(self, owner: Owner, mark: str) -> None:
        photo = make_named_photo(owner, "1")
        make_faces(photo, 2)
        theirs, shown = make_cluster(owner=owner, **{mark: True}), make_cluster(owner=owner)
        _join(photo, theirs.pk, shown.pk)

        assert _numbers(owner, FACES) == [1001]

    @pytest.mark.parametrize("mark", ["ignored", "hidden", "unrecognised"])
    def test_of_people_who_are_left_out_are_not_there(self, owner: Owner, mark: str) -> None:
        photo = make_named_photo(owner, "1")
        make_faces(photo, 2)
        people = make_person(owner=owner, **{mark: True}), make_person(owner=owner)
        _join(photo, *(make_cluster(owner=owner, person=person).pk for person in people))

        assert _numbers(owner, FACES) == [1001]
        assert finding.count(place_of(owner, FACES), Q()) == 1
        assert [each.number for each in finding.search(place_of(owner, FACES), _near(1))] == [1001]

    def test_that_are_ignored_are_not_there(self, owner: Owner) -> None:
        photo = make_named_photo(owner, "1")
        ignored, _ = make_faces(photo, 2)

        Face.objects.filter(pk=ignored).update(ignored=True)

        assert _numbers(owner, FACES) == [1001]


def _join(photo: Photo, *parts: int) -> None:
    for face, part in zip(photo.faces.order_by("pk"), parts, strict=True):
        Membership.objects.create(face=face, part_id=part, how=Membership.How.MANUAL)


class TestSearch:
    def test_gives_the_most_alike_of_all_points(self, owner: Owner) -> None:
        make_named_photo(owner, "1", looks=unit(1, 0.2))
        unnamed = make_named_photo(owner, looks=unit(1))
        place = place_of(owner)
        bring(place, 2, looks=unit(1, 0.1))
        bring(place, 3, looks=unit(-1))

        found = finding.search(place_of(owner), _near(1))

        assert [each.number for each in found] == [OURS + unnamed.pk, 2, 1, 3]
        assert [each.cosine for each in found] == pytest.approx([1, 0.9950, 0.9806, -1], abs=1e-3)

    @pytest.mark.parametrize("brings", [True, False])
    def test_is_in_the_space_that_is_searched(self, owner: Owner, *, brings: bool) -> None:
        photo = make_named_photo(owner, "1", looks=unit(1))
        SearchedSpace.objects.create(space=photo.vectors.get().space)
        bring(place_of(owner if brings else make_owner()), 2, looks=unit(1, 0.1))
        Space.objects.create(
            name="image_encoder:new:1", role="image_encoder", weights_sha256="2", dimension=3
        )

        found = finding.search(place_of(owner), _near(1))

        assert [each.number for each in found] == ([1, 2] if brings else [1])

    def test_keeps_the_order_of_points_that_are_as_alike(self, owner: Owner) -> None:
        for names in (["9", "3"], ["1"]):
            make_named_photo(owner, *names, looks=unit(1))
        place = place_of(owner)
        for number in (4, 2):
            bring(place, number)

        pages = [finding.search(place_of(owner), _near(1, limit=2, offset=at)) for at in (0, 2, 4)]

        assert [[each.number for each in page] for page in pages] == [[3, 9], [1, 4], [2]]

    def test_finds_enough_where_the_nearest_may_not_be_seen(self, owner: Owner) -> None:
        photo = make_named_photo(owner, "1")
        make_faces(photo, 70)
        Face.objects.filter(photo=photo).update(ignored=True)
        make_face(photo=photo, space=Space.objects.get(), vector=unit(0, 1))

        found = finding.search(place_of(owner, FACES), _near(1, limit=1))

        assert [each.number for each in found] == [1070]

    def test_finds_those_that_are_wanted(self, owner: Owner) -> None:
        for name in ("7", "8"):
            make_named_photo(owner, name, looks=unit(1))
        place = place_of(owner)
        for number in (4, 2):
            bring(place, number)

        wanted = Search(unit(1), Q(number__in=[8, 2]), limit=10)

        for exact_up_to in (0, 100):
            found = finding.search(place_of(owner), wanted, exact_up_to=exact_up_to)
            assert [each.number for each in found] == [8, 2]

    @pytest.mark.parametrize(("least", "count"), [(None, 3), (0.0, 2), (0.5, 1), (1.1, 0)])
    def test_ends_where_points_are_not_alike_enough(
        self, owner: Owner, least: float | None, count: int
    ) -> None:
        make_named_photo(owner, "1", looks=unit(1))
        place = place_of(owner)
        for number, looks in enumerate((unit(0, 1), unit(-1)), start=2):
            bring(place, number, looks=looks)

        assert len(finding.search(place_of(owner), _near(1, least=least))) == count

    @pytest.mark.parametrize("exact", [True, False])
    def test_finds_enough_through_the_index_however_many_are_foreign(
        self, owner: Owner, *, exact: bool
    ) -> None:
        foreign = make_owner()
        make_named_photo(owner, "1", looks=unit(0, 1))
        place, theirs = place_of(owner), place_of(foreign)
        for number in range(2, 300):
            bring(theirs, number, looks=unit(1, 0.001 * number))
        bring(place, 5, looks=unit(0, 1, 0.1))

        search = _near(1, exact=exact)
        with CaptureQueriesContext(connection) as queries:
            found = finding.search(place_of(owner), search, exact_up_to=0)

        assert [each.number for each in found] == [1, 5]
        through_index = [each["sql"] for each in queries if "iterative_scan" in each["sql"]]
        assert bool(through_index) is not exact


class TestScroll:
    def test_goes_through_all_points_in_order_while_others_come(self, owner: Owner) -> None:
        unnamed = [make_named_photo(owner, looks=unit(1)).pk + OURS for _ in range(3)]
        for name in ("12", "3", "101"):
            make_named_photo(owner, name, looks=unit(1))
        place = place_of(owner)
        for number in (100, 4, 0):
            bring(place, number)
        since: int | None = 0
        seen: list[int] = []

        while since is not None:
            page, since = finding.scroll(place, Q(), since=since, limit=2)
            seen += [point.number for point in page]
            bring(place, 1)

        assert seen == [0, 3, 4, 12, 100, 101, *unnamed]

    def test_begins_at_a_face_within_a_photo(self, owner: Owner) -> None:
        make_faces(make_named_photo(owner, "1"), 3)
        make_faces(make_named_photo(owner, "2"), 1)

        page, following = finding.scroll(place_of(owner, FACES), Q(), since=1001, limit=2)

        assert [point.number for point in page] == [1001, 1002]
        assert following == 2000


class TestCollections:
    @pytest.mark.parametrize("name", ["", "photos", "Faces", "x" * 1000])
    def test_of_other_names_are_not_there(self, owner: Owner, name: str) -> None:
        with pytest.raises(CollectionMissing, match="there are image_embeddings and faces"):
            place_of(owner, name)

    def test_begin_with_the_first_photo_of_anybody(self, owner: Owner) -> None:
        with pytest.raises(CollectionMissing, match="begins with the first photo"):
            place_of(owner)
        make_named_photo(make_owner(), looks=unit(1))

        assert finding.count(place_of(owner), Q()) == 0
