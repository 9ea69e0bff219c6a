"""What becomes of the rows that are there when the tables change."""

from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from photos.models import Photo, PlaceDue
from tests.factories import make_photo

pytestmark = pytest.mark.django_db

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)


def fill() -> None:
    with connection.schema_editor() as editor:
        import_module("photos.migrations.0009_fill_dates").fill(apps, editor)


def dates(*photos: Photo) -> list[tuple[datetime, str]]:
    for photo in photos:
        photo.refresh_from_db()
    return [(photo.dated_at, photo.dated_by) for photo in photos]


class TestFillDates:
    def test_takes_the_clock_of_the_camera_or_that_of_the_upload(self, settings: Any) -> None:
        settings.TIME_ZONE = "Asia/Jakarta"
        zoned = make_photo(taken_at=NOON, taken_offset_minutes=-90)
        plain, undated = make_photo(taken_at=NOON), make_photo()
        Photo.objects.filter(pk=undated.pk).update(created_at=NOON)

        fill()

        assert dates(zoned, plain, undated) == [
            (NOON.replace(hour=10, minute=30), "exif"),
            (NOON, "exif"),
            (NOON.replace(hour=19), "upload"),
        ]

    def test_has_places_found_where_there_may_be_some(self) -> None:
        taken, placed = make_photo(taken_at=NOON), make_photo(latitude=1.0, longitude=2.0)
        make_photo()

        fill()
        fill()

        assert sorted(PlaceDue.objects.values_list("photo", flat=True)) == [taken.pk, placed.pk]

    def test_does_nothing_without_photos(self) -> None:
        fill()

        assert not PlaceDue.objects.exists()
