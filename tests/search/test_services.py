"""What was seen in a photo becomes rows."""

from dataclasses import replace

import numpy as np
import pytest
from django.db import connection

from inference.geometry import Box
from inference.objects import SeenObject
from inference.ocr import TextLine as ReadLine
from photos.models import Space
from photos.operations import Place
from search.models import DetectedObject, ImageVector, TextLine
from search.services import EmbedPhoto, FindObjects, ReadText
from tests.factories import make_photo, unit
from tests.fakes import FakeEncoder, FakeObjects, FakeReader

pytestmark = pytest.mark.django_db
PIXELS = np.zeros((8, 8, 3), np.uint8)


@pytest.mark.django_db(transaction=True)  # an index is made only while no row waits
class TestEmbedPhoto:
    def test_stores_the_vector_in_the_encoders_space(self) -> None:
        photo, encoder = make_photo(), FakeEncoder(unit(1, 1))

        EmbedPhoto(encoder, "r").look(PIXELS).keep(Place(photo.owner, "f"))(photo)

        row = ImageVector.objects.get()
        assert (row.photo, row.owner, row.space.name) == (
            photo,
            photo.owner,
            encoder.identity.space,
        )
        np.testing.assert_allclose(row.vector, unit(1, 1), atol=1e-3)

    def test_makes_the_index_of_a_new_space_once(self) -> None:
        photo, operation = make_photo(), EmbedPhoto(FakeEncoder(unit(1)), "r")

        for _ in range(2):
            operation.look(PIXELS).keep(Place(photo.owner, "f"))

        space = Space.objects.get()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexdef FROM pg_indexes WHERE indexname = %s",
                [f"search_imagevector_hnsw_{space.pk}"],
            )
            [(made,)] = cursor.fetchall()
        assert f"WHERE (space_id = {space.pk})" in made

    def test_stored_twice_is_there_once(self) -> None:
        photo = make_photo()
        store = EmbedPhoto(FakeEncoder(unit(1)), "r").look(PIXELS).keep(Place(photo.owner, "f"))

        store(photo)
        store(photo)

        assert ImageVector.objects.count() == 1

    def test_made_again_is_in_the_place_of_what_was_there(self) -> None:
        photo, encoder = make_photo(), FakeEncoder(unit(1))
        other = replace(encoder, identity=replace(encoder.identity, space="image_encoder:b:2"))
        for each in (encoder, other, replace(encoder, vector=unit(0, 1))):
            EmbedPhoto(each, "r").look(PIXELS).keep(Place(photo.owner, "f"))(photo)

        rows = ImageVector.objects.filter(photo=photo).order_by("space__name")
        found = {row.space.name: list(row.vector)[:2] for row in rows}
        assert found == {encoder.identity.space: [0, 1], "image_encoder:b:2": [1, 0]}

    def test_vectors_of_two_models_lie_side_by_side(self) -> None:
        photo, encoder = make_photo(), FakeEncoder(unit(1))
        other = replace(encoder, identity=replace(encoder.identity, space="image_encoder:b:2"))

        for each in (encoder, other):
            EmbedPhoto(each, "r").look(PIXELS).keep(Place(photo.owner, "f"))(photo)

        assert ImageVector.objects.filter(photo=photo).count() == 2


class TestFindObjects:
    def test_stores_what_was_seen(self) -> None:
        photo = make_photo()
        seen = [SeenObject("cat", Box(1, 2, 30.123, 4), 0.87654)]

        FindObjects(FakeObjects(seen), "r").look(PIXELS).keep(Place(photo.owner, "f"))(photo)

        row = DetectedObject.objects.get()
        assert (row.photo, row.recipe, row.label, row.confidence) == (photo, "r", "cat", 0.8765)
        assert (row.x, row.y, row.width, row.height) == (1, 2, 30.12, 4)

    def test_puts_what_it_sees_in_the_place_of_what_it_saw_before(self) -> None:
        photo, other = make_photo(), make_photo()
        for label, seen_in, recipe in (
            ("cat", photo, "r"), ("cat", photo, "old"), ("cat", other, "r"), ("dog", photo, "r"),
        ):  # fmt: skip
            seen = [SeenObject(label, Box(1, 2, 3, 4), 0.9)]
            find = FindObjects(FakeObjects(seen), recipe)
            find.look(PIXELS).keep(Place(seen_in.owner, "f"))(seen_in)

        rows = DetectedObject.objects.order_by("pk")
        assert [(row.photo, row.recipe, row.label) for row in rows] == [
            (photo, "old", "cat"),
            (other, "r", "cat"),
            (photo, "r", "dog"),
        ]


class TestReadText:
    def test_stores_lines_in_the_order_of_reading(self) -> None:
        photo = make_photo()
        quad = np.array([[0, 0], [9.999, 0], [9.999, 5], [0, 5]], np.float32)
        lines = [ReadLine("OPEN", quad, 0.9), ReadLine("24 h\0", quad, 0.8)]

        ReadText(FakeReader(lines), "r").look(PIXELS).keep(Place(photo.owner, "f"))(photo)

        rows = TextLine.objects.order_by("position")
        assert [(row.position, row.text, row.recipe) for row in rows] == [
            (0, "OPEN", "r"),
            (1, "24 h", "r"),
        ]
        assert rows[0].quad == [[0, 0], [10, 0], [10, 5], [0, 5]]

    def test_puts_what_it_reads_in_the_place_of_what_it_read_before(self) -> None:
        photo, quad = make_photo(), np.zeros((4, 2), np.float32)
        for text, recipe in (("OPEN", "r"), ("OPEN", "old"), ("CLOSED", "r")):
            read = ReadText(FakeReader([ReadLine(text, quad, 0.9)]), recipe)
            read.look(PIXELS).keep(Place(photo.owner, "f"))(photo)

        rows = TextLine.objects.order_by("pk").values_list("recipe", "text")
        assert list(rows) == [("old", "OPEN"), ("r", "CLOSED")]
