"""Indexes over vectors that are there already."""

import pytest
from django.db import connection

from faces.models import FaceVector
from photos.hnsw import build_index, create_index
from photos.models import Space
from tests.factories import make_face, make_space, unit

pytestmark = pytest.mark.django_db(transaction=True)  # as others write meanwhile


def is_valid(space: Space) -> list[bool]:
    """Of each index over the space's vectors."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)",
            [f"faces_facevector_hnsw_{space.pk}"],
        )
        return [valid for (valid,) in cursor.fetchall()]


def break_off(space: Space) -> None:
    """As a build is left that was killed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(%s)",
            [f"faces_facevector_hnsw_{space.pk}"],
        )


class TestCreateIndex:
    def test_has_links_enough_for_a_million(self) -> None:
        space = make_space()

        create_index(FaceVector, space)

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reloptions FROM pg_class WHERE oid = to_regclass(%s)",
                [f"faces_facevector_hnsw_{space.pk}"],
            )
            assert cursor.fetchone() == (["m=16", "ef_construction=128"],)


class TestBuildIndex:
    def test_makes_one_over_what_is_there(self) -> None:
        space = make_space()
        make_face(space=space, vector=unit(1))

        build_index(FaceVector, space)
        build_index(FaceVector, space)

        assert is_valid(space) == [True]

    def test_makes_one_anew_that_is_not_whole(self) -> None:
        space = make_space()
        build_index(FaceVector, space)
        break_off(space)
        left = is_valid(space)

        build_index(FaceVector, space)

        assert (left, is_valid(space)) == ([False], [True])
