"""Photos with their faces marked, over HTTP."""

from io import BytesIO

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from inference.arrays import RGB
from jobs.annotation import SIDE
from local.marks import NOBODY, PEOPLE
from photos.models import Owner, Photo
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo

pytestmark = pytest.mark.django_db
GREY = 90


def grey_photo(owner: Owner, *, width: int, height: int) -> Photo:
    file = BytesIO()
    Image.new("RGB", (width, height), (GREY, GREY, GREY)).save(file, "JPEG")
    key = default_storage.save(f"{owner.pk}/grey.jpg", ContentFile(file.getvalue()))
    return make_photo(owner=owner, original=key, width=width, height=height)


def drawn(api: APIClient, photo: Photo) -> RGB:
    answer = api.get(f"/api/v1/photos/{photo.pk}/annotated")
    assert answer.status_code == 200, answer.content
    with Image.open(BytesIO(answer.content), formats=["JPEG"]) as image:
        return np.asarray(image)


def has(picture: RGB, colour: str, *, at: tuple[int, int]) -> bool:
    """Whether there is about this colour at x, y."""
    wanted = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
    return bool(np.abs(picture[at[1], at[0]].astype(int) - wanted).max() < 60)


class TestAnnotated:
    def test_marks_the_faces_of_the_photo(self, api: APIClient, owner: Owner) -> None:
        photo = grey_photo(owner, width=400, height=300)
        anna = make_person(owner=owner, name="Анна Ängström")
        cluster = make_cluster(owner=owner, person=anna)
        make_face(photo=photo, cluster=cluster, x=50, y=100, width=80, height=90)
        make_face(photo=photo, x=250, y=100, width=80, height=90)

        picture = drawn(api, photo)

        assert picture.shape == (300, 400, 3)
        assert has(picture, PEOPLE[anna.pk % len(PEOPLE)], at=(50, 145))
        assert has(picture, NOBODY, at=(250, 145))
        assert picture[145, 90].tolist() == pytest.approx([GREY] * 3, abs=3)

    def test_is_of_a_bounded_size(self, api: APIClient, owner: Owner) -> None:
        photo = grey_photo(owner, width=4 * SIDE, height=2 * SIDE)
        make_face(photo=photo, x=400, y=400, width=1600, height=1600)

        picture = drawn(api, photo)

        assert picture.shape == (SIDE // 2, SIDE, 3)
        assert has(picture, NOBODY, at=(100, 300))

    def test_is_kept_nowhere(self, api: APIClient, owner: Owner) -> None:
        photo = grey_photo(owner, width=64, height=48)
        before = default_storage.listdir(str(owner.pk))

        answer = api.get(f"/api/v1/photos/{photo.pk}/annotated/")

        assert answer.headers["Cache-Control"] == "private, no-store"
        assert default_storage.listdir(str(owner.pk)) == before

    def test_says_that_the_original_is_gone(self, api: APIClient, owner: Owner) -> None:
        photo = grey_photo(owner, width=64, height=48)
        default_storage.delete(str(photo.original))

        answer = api.get(f"/api/v1/photos/{photo.pk}/annotated")

        assert (answer.status_code, answer.json()["code"]) == (422, "original_missing")

    def test_of_another_owner_is_not_there(self, api: APIClient) -> None:
        photo = grey_photo(make_owner(), width=64, height=48)

        assert api.get(f"/api/v1/photos/{photo.pk}/annotated").status_code == 404

    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_a_fixed_number_of_queries(
        self,
        api: APIClient,
        owner: Owner,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        photo = grey_photo(owner, width=400, height=300)
        for _ in range(count):
            cluster = make_cluster(owner=owner, person=make_person(owner=owner))
            make_face(photo=photo, cluster=cluster)

        with django_assert_num_queries(2):
            drawn(api, photo)
