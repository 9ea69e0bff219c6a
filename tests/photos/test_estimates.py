"""How many rows there are, without counting them."""

import pytest
from django.db import connection

from photos.estimates import estimated
from photos.models import Photo
from tests.factories import make_owner, make_photo

pytestmark = pytest.mark.django_db


def test_they_are_about_as_many_as_there_are() -> None:
    owner = make_owner()
    for _ in range(20):
        make_photo(owner=owner)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE photos_photo")

    assert estimated(Photo.objects.all()) == 20


def test_there_is_none_of_what_can_not_be() -> None:
    make_photo()

    assert estimated(Photo.objects.none()) == 0
    assert estimated(Photo.objects.filter(pk__in=[])) == 0
