"""Vectors in PostgreSQL."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from faces import vectors
from faces.models import FaceVector
from photos.hnsw import create_index
from photos.nearest import EXACT_UP_TO
from tests.factories import (
    make_face,
    make_owner,
    make_photo,
    make_space,
    unit,
)

pytestmark = pytest.mark.django_db


class TestLoad:
    def test_gives_vectors_as_they_were_stored(self) -> None:
        space = make_space()
        faces = [make_face(space=space, vector=unit(1, n)) for n in range(3)]

        ids, loaded = vectors.load(FaceVector.objects.filter(space=space).order_by("face_id"))

        assert ids == [face.pk for face in faces]
        assert loaded.dtype == np.float32
        assert loaded == pytest.approx(np.stack([unit(1, n) for n in range(3)]), abs=1e-3)

    def test_of_none_is_empty(self) -> None:
        ids, loaded = vectors.load(FaceVector.objects.none())

        assert (ids, len(loaded)) == ([], 0)


@pytest.mark.parametrize("exact_up_to", [EXACT_UP_TO, 0], ids=["exact", "by the index"])
class TestNearest:
    def test_gives_the_most_similar_first(self, exact_up_to: int) -> None:
        owner, space = make_owner(), make_space()
        create_index(FaceVector, space)
        photo = make_photo(owner=owner)
        far = make_face(photo=photo, space=space, vector=unit(0, 1))
        near = make_face(photo=photo, space=space, vector=unit(1, 0.1))

        [found] = vectors.nearest(
            owner, np.stack([unit(1, 0)]), space, limit=5, exact_up_to=exact_up_to
        )

        assert [neighbour.of for neighbour in found] == [near.pk, far.pk]
        assert [n.cosine for n in found] == pytest.approx([0.995, 0], abs=0.01)

    def test_answers_each_probe(self, exact_up_to: int) -> None:
        owner, space = make_owner(), make_space()
        photo = make_photo(owner=owner)
        one = make_face(photo=photo, space=space, vector=unit(1, 0))
        other = make_face(photo=photo, space=space, vector=unit(0, 1))

        found = vectors.nearest(
            owner, np.stack([unit(0, 1), unit(1, 0)]), space, limit=1, exact_up_to=exact_up_to
        )

        assert [near.of for [near] in found] == [other.pk, one.pk]

    def test_never_sees_another_owner_or_space(self, exact_up_to: int) -> None:
        owner, space = make_owner(), make_space()
        make_face(space=space, vector=unit(1, 0))
        make_face(photo=make_photo(owner=owner), space=make_space(), vector=unit(1, 0))

        [found] = vectors.nearest(
            owner, np.stack([unit(1, 0)]), space, limit=5, exact_up_to=exact_up_to
        )

        assert found == []


class TestIndex:
    def test_is_used_by_the_search_in_a_large_library(self) -> None:
        space = make_space()
        create_index(FaceVector, space)
        probes = np.stack([unit(1, 0)])
        with CaptureQueriesContext(connection) as asked:
            vectors.nearest(make_owner(), probes, space, limit=5, exact_up_to=-1)
        search, *_ = [each["sql"] for each in asked.captured_queries if "LATERAL" in each["sql"]]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            cursor.execute(f"EXPLAIN {search[search.index('SELECT') :]}")
            plan = "\n".join(row for (row,) in cursor.fetchall())

        assert f"faces_facevector_hnsw_{space.pk}" in plan

    def test_is_taken_without_counting_again_for_an_owner_of_many(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        owner, space = make_owner(), make_space()
        make_face(photo=make_photo(owner=owner), space=space, vector=unit(1, 0))
        probes = np.stack([unit(1, 0)])

        with django_assert_num_queries(3):  # the count; all of the few, as the index gave no five
            vectors.nearest(owner, probes, space, limit=5, exact_up_to=0)
        with django_assert_num_queries(2):
            vectors.nearest(owner, probes, space, limit=5, exact_up_to=0)

    def test_can_be_made_twice(self) -> None:
        space = make_space()
        create_index(FaceVector, space)
        create_index(FaceVector, space)

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_indexes WHERE indexname = %s",
                [f"faces_facevector_hnsw_{space.pk}"],
            )
            assert cursor.fetchone() == (1,)
