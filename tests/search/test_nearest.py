"""Which photos of an owner look most like a vector."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.db.models import Exists, OuterRef
from django.test.utils import CaptureQueriesContext

from bench.library import add_photos, add_vectors
from bench.scenes import Scenes, questions, scenes
from inference.arrays import Array
from photos import hnsw
from photos import nearest as near
from photos.errors import VectorUnfit
from photos.hnsw import create_index
from photos.models import Owner, Photo, Space
from photos.nearest import Neighbour, neighbours
from photos.nearest_sql import Library
from search.models import ImageVector, PhotoTag
from search.nearest import MAX_LIMIT, TABLE, Hit, nearest
from tests.factories import DIMENSION, make_owner, make_photo, make_space, unit
from tests.search.findings import make_tag

pytestmark = pytest.mark.django_db


def make_vector(space: Space, vector: Array, **values: Any) -> Photo:
    """A photo that has this vector."""
    photo = make_photo(**values)
    ImageVector.objects.create(photo=photo, owner=photo.owner, space=space, vector=vector.tolist())
    return photo


def make_photos(space: Space, owners: Sequence[Owner], vectors: Array) -> Array:
    """A photo for each of `vectors` (n, d), of that of the `owners` (n): their keys (n,)."""
    whose = np.array([owner.pk for owner in owners])
    keys = add_photos(whose.tolist())
    add_vectors(TABLE, space, keys, whose, vectors)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index is made before they are checked
        cursor.execute("ANALYZE photos_photo, search_imagevector")
    return keys


def by_index(library: Library, probes: Array, limit: int) -> list[list[Neighbour]]:
    """As in a library so large that the planner sorts nothing: here it still might."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        found = neighbours(library, probes, limit=limit, exact_up_to=0)
        cursor.execute("SET LOCAL enable_sort = on")
    return found


def best(probes: Array, keys: Array, vectors: Array, count: int) -> list[list[int]]:
    """For each probe, `keys` of the `vectors` most like it, by plain arithmetic."""
    stored = vectors.astype(np.float16).astype(np.float32)  # as PostgreSQL keeps them
    stored /= np.linalg.norm(stored, axis=1, keepdims=True)
    asked = probes.astype(np.float16).astype(np.float32)
    rows: list[list[int]] = keys[np.argsort(-asked @ stored.T, axis=1)[:, :count]].tolist()
    return rows


def share(found: list[list[Neighbour]], best: list[list[int]]) -> float:
    """How much of the best was found, 0 to 1."""
    pairs = zip(found, best, strict=True)
    return float(np.mean([np.isin(wanted, [n.of for n in near]).mean() for near, wanted in pairs]))


class TestNearest:
    def test_gives_what_is_most_alike_first(self) -> None:
        owner, space = make_owner(), make_space()
        far = make_vector(space, unit(0, 1), owner=owner)
        near = make_vector(space, unit(1, 1), owner=owner)

        found = nearest(owner, space, unit(1), limit=5)

        assert [hit.photo for hit in found] == [near.pk, far.pk]
        assert [hit.cosine for hit in found] == pytest.approx([0.707, 0], abs=1e-3)

    def test_gives_no_more_than_wanted(self) -> None:
        owner, space = make_owner(), make_space()
        make_vector(space, unit(0, 1), owner=owner)
        near = make_vector(space, unit(1), owner=owner)

        found = nearest(owner, space, unit(1), limit=1)

        assert found == [Hit(near.pk, 1.0)]

    def test_gives_equal_ones_in_the_order_of_their_keys(self) -> None:
        owner, space = make_owner(), make_space()
        photos = [make_vector(space, unit(1), owner=owner).pk for _ in range(4)]

        first = nearest(owner, space, unit(1), limit=3)
        again = nearest(owner, space, unit(1), limit=4)

        assert [hit.photo for hit in first] == photos[:3]
        assert [hit.photo for hit in again] == photos

    def test_sees_the_owners_photos_alone(self) -> None:
        space = make_space()
        make_vector(space, unit(1))

        found = nearest(make_owner(), space, unit(1), photos=Photo.objects.all(), limit=5)

        assert found == []

    def test_sees_vectors_of_the_space_alone(self) -> None:
        owner = make_owner()
        make_vector(make_space(), unit(1), owner=owner)

        found = nearest(owner, make_space(), unit(1), limit=5)

        assert found == []

    def test_sees_the_photos_that_it_is_given_alone(self) -> None:
        owner, space = make_owner(), make_space()
        make_vector(space, unit(1), owner=owner)
        tagged = make_vector(space, unit(0, 1), owner=owner)
        make_tag(photo=tagged, key="beach")
        beach = Exists(PhotoTag.objects.filter(photo=OuterRef("pk"), key="beach"))

        found = nearest(owner, space, unit(1), photos=Photo.objects.filter(beach), limit=5)

        assert [hit.photo for hit in found] == [tagged.pk]

    def test_finds_nothing_among_no_photos(self) -> None:
        owner, space = make_owner(), make_space()
        make_vector(space, unit(1), owner=owner)

        found = nearest(owner, space, unit(1), photos=Photo.objects.none(), limit=5)

        assert found == []

    def test_says_that_a_vector_is_not_of_the_space(self) -> None:
        space = make_space()

        with pytest.raises(VectorUnfit) as caught:
            nearest(make_owner(), space, unit(1, dimension=3), limit=5)

        assert str(caught.value) == (
            "A vector of 3 numbers can't be compared with those of "
            f"{space.name}, which have {DIMENSION}."
        )

    @pytest.mark.parametrize("number", [np.nan, np.inf, 0])
    def test_says_that_a_vector_has_no_direction(self, number: float) -> None:
        vector = np.full(DIMENSION, number, np.float32)

        with pytest.raises(VectorUnfit) as caught:
            nearest(make_owner(), make_space(), vector, limit=5)

        assert str(caught.value) == "its numbers must be finite, and one must not be 0."

    @pytest.mark.parametrize("length", [1e-20, 1e20])
    def test_minds_no_length(self, length: float) -> None:
        owner, space = make_owner(), make_space()
        photo = make_vector(space, unit(1), owner=owner)

        found = nearest(owner, space, np.float32(length) * unit(1), limit=5)

        assert found == [Hit(photo.pk, 1.0)]

    @pytest.mark.parametrize("limit", [0, MAX_LIMIT + 1])
    def test_refuses_a_limit_that_it_cannot_keep(self, limit: int) -> None:
        with pytest.raises(ValueError, match=f"limit is {limit}"):
            nearest(make_owner(), make_space(), unit(1), limit=limit)


class TestByIndex:
    def test_finds_what_an_exact_search_finds(self) -> None:
        owner, space = make_owner(), make_space(dimension=32)
        made = scenes(3_000, dimension=32)
        make_photos(space, [owner] * 3_000, made.vectors)
        create_index(ImageVector, space)
        probes, library = questions(made, 20), Library(TABLE, owner, space)

        found = by_index(library, probes, limit=10)

        exact = neighbours(library, probes, limit=10)
        assert found == exact

    def test_looks_at_each_photo_whether_it_is_given(self) -> None:
        owner, space = make_owner(), make_space(dimension=32)
        made = scenes(3_000, dimension=32)
        make_photos(space, [owner] * 3_000, made.vectors)
        create_index(ImageVector, space)
        old = Photo.objects.filter(taken_at__year__lt=2014)
        probes, library = questions(made, 20), Library(TABLE, owner, space, old)

        found = by_index(library, probes, limit=10)

        exact = neighbours(library, probes, limit=10)
        assert found == exact

    def test_gives_equal_ones_in_the_order_of_their_keys(self) -> None:
        owner, space = make_owner(), make_space()
        create_index(ImageVector, space)
        photos = [make_vector(space, unit(1), owner=owner).pk for _ in range(4)]

        [found] = by_index(Library(TABLE, owner, space), unit(1)[None], limit=4)

        assert [each.of for each in found] == photos

    @pytest.mark.django_db(transaction=True)
    def test_leaves_the_connection_as_it_was(self) -> None:
        owner, space = make_owner(), make_space()
        create_index(ImageVector, space)
        photo = make_vector(space, unit(1), owner=owner)
        with connection.cursor() as cursor:
            cursor.execute("LOAD 'vector'")

            [found] = neighbours(
                Library(TABLE, owner, space), unit(1)[None], limit=1, exact_up_to=0
            )

            cursor.execute("SHOW hnsw.iterative_scan")
            assert cursor.fetchone() == ("off",)
        assert [each.of for each in found] == [photo.pk]


@pytest.fixture
def mixed(monkeypatch: pytest.MonkeyPatch) -> tuple[Owner, Space, Scenes]:
    """Of 600 photos each second one is the owner's; and any library is a large one."""
    monkeypatch.setattr(near, "_QUICK", 0)
    owner, other, space = make_owner(), make_owner(), make_space(dimension=32)
    made = scenes(600, dimension=32)
    make_photos(space, [owner, other] * 300, made.vectors)
    create_index(ImageVector, space)
    return owner, space, made


class TestLeast:
    @pytest.mark.parametrize("among", ["all", "a query", "keys"])
    def test_finds_what_an_exact_search_finds_that_is_as_like(
        self, mixed: tuple[Owner, Space, Scenes], among: str
    ) -> None:
        owner, space, made = mixed
        old = Photo.objects.of(owner).filter(taken_at__year__lt=2014)
        keys = tuple(old.values_list("pk", flat=True))
        library = Library(TABLE, owner, space, {"all": None, "a query": old, "keys": keys}[among])

        for probe in questions(made, 10)[:, None]:
            [exact] = neighbours(library, probe, limit=300)
            least = (exact[3].cosine + exact[4].cosine) / 2
            with CaptureQueriesContext(connection) as queries:
                [found] = neighbours(library, probe, limit=300, exact_up_to=0, least=least)

            asked = [each["sql"] for each in queries if "LATERAL" in each["sql"]]
            assert len(asked) == 2
            assert [each for each in found if each.cosine >= least] == exact[:4]

    def test_is_no_limit_where_much_is_as_like(self, mixed: tuple[Owner, Space, Scenes]) -> None:
        owner, space, made = mixed
        library = Library(TABLE, owner, space)

        [found] = neighbours(library, made.vectors[:1], limit=200, exact_up_to=0, least=-1)

        assert len(found) == 200

    def test_leaves_nothing_where_nothing_is_as_like(
        self, mixed: tuple[Owner, Space, Scenes]
    ) -> None:
        owner, space, made = mixed

        found = neighbours(
            Library(TABLE, owner, space), -made.vectors[:1], limit=9, exact_up_to=0, least=0.9
        )

        assert found == [[]]


class TestAmongAHundredThousandForeignOnes:
    def test_finds_the_owners_and_enough_of_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(hnsw, "EFFORT", 40)  # made sooner, and worse: harder to search
        few, some, others = make_owner(), make_owner(), make_owner()
        space = make_space(dimension=16)
        made = scenes(103_040, dimension=16)
        owners = [few] * 40 + [some] * 3_000 + [others] * 100_000
        keys = make_photos(space, owners, made.vectors)
        create_index(ImageVector, space)
        probes = questions(made, 4)

        by_default = neighbours(Library(TABLE, few, space), probes, limit=100)
        few_by_index = by_index(Library(TABLE, few, space), probes, limit=100)
        some_by_index = by_index(Library(TABLE, some, space), probes, limit=40)

        best_of_few = best(probes, keys[:40], made.vectors[:40], 40)
        best_of_some = best(probes, keys[40:3_040], made.vectors[40:3_040], 40)
        assert [[each.of for each in near] for near in by_default] == best_of_few
        assert few_by_index == by_default
        assert [len(near) for near in some_by_index] == [40] * 4
        assert share(some_by_index, best_of_some) >= 0.95
