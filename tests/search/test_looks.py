"""What photos look like at a glance."""

import cv2
import numpy as np
import pytest
from django.core.files.storage import default_storage

from inference.arrays import RGB
from photos.images import thumbnail
from search import looks
from search.duplicates import BITS, SLOW_BITS
from search.models import PhotoLook
from tests.factories import make_owner, make_photo
from tests.pictures import jpeg
from tests.search.alike import make_look, scene

SCENE = scene()


def apart(one: RGB, other: RGB) -> tuple[int, int]:
    """Bits between the hashes of two pictures: of the first 64, and of all."""
    hashes = [looks.hash_of(thumbnail(each, 512)) or b"" for each in (one, other)]
    first, second = (np.unpackbits(np.frombuffer(each, np.uint8)) for each in hashes)
    return int((first != second)[:64].sum()), int((first != second).sum())


def are_one(one: RGB, other: RGB) -> bool:
    slow, whole = apart(one, other)
    return slow <= SLOW_BITS and whole <= BITS


def shades(scale: float, shift: float) -> RGB:
    return np.asarray(np.clip(SCENE * scale + shift, 0, 255), np.uint8)


def written() -> RGB:
    picture = SCENE.copy()
    cv2.putText(picture, "12 July 2023", (20, 460), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 0), 2)
    return picture


class TestHash:
    @pytest.mark.parametrize(
        "variant",
        [
            cv2.resize(SCENE, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
            cv2.resize(SCENE, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA),
            cv2.resize(SCENE, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC),
            shades(0.7, 0),
            shades(0.7, 40),
            np.repeat(cv2.cvtColor(SCENE, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
            written(),
        ],
        ids=["half", "quarter", "threefold", "darker", "paler", "grey", "written on"],
    )
    def test_is_that_of_the_same_picture_in_another_file(self, variant: RGB) -> None:
        assert are_one(SCENE, variant)

    @pytest.mark.parametrize(
        "other",
        [scene(seed=1), SCENE[:, ::-1].copy(), np.rot90(SCENE).copy()],
        ids=["another scene", "mirrored", "on its side"],
    )
    def test_is_another_one_of_another_picture(self, other: RGB) -> None:
        assert not are_one(SCENE, other)

    def test_is_32_bytes_however_small_the_picture(self) -> None:
        assert len(looks.hash_of(jpeg(width=1, height=40)) or b"") == 32

    @pytest.mark.parametrize(
        "picture",
        [np.zeros((48, 64, 3), np.uint8), np.full((48, 64, 3), 200, np.uint8)],
        ids=["night", "wall"],
    )
    def test_is_none_where_there_is_nothing_to_know_a_photo_by(self, picture: RGB) -> None:
        assert looks.hash_of(thumbnail(picture, 512)) is None

    def test_is_none_of_what_is_no_picture(self) -> None:
        assert looks.hash_of(b"\xff\xd8\xff but no more") is None


@pytest.mark.django_db
class TestLooking:
    def test_keeps_what_thumbnails_look_like(self) -> None:
        photo = make_photo()

        lost = looks.look([photo])

        look = PhotoLook.objects.get()
        with default_storage.open(str(photo.thumbnail)) as file:
            assert bytes(look.hash or b"") == looks.hash_of(file.read())
        assert (lost, look.photo, look.owner, look.leader) == ([], photo, photo.owner, None)
        assert not looks.lacking(photo.owner).exists()

    def test_tells_which_thumbnails_are_lost(self) -> None:
        owner = make_owner()
        lost, there = make_photo(owner=owner), make_photo(owner=owner)
        default_storage.delete(str(lost.thumbnail))

        told = looks.look([lost, there])

        assert told == [lost]
        assert list(looks.lacking(owner)) == [lost]

    def test_looks_again_where_hashes_are_made_in_another_way(self) -> None:
        photo = make_look()
        PhotoLook.objects.update(recipe=looks.RECIPE + 1, leader=photo)
        lacking = list(looks.lacking(photo.owner))

        looks.look([photo])

        look = PhotoLook.objects.get()
        assert (lacking, look.recipe, look.leader) == ([photo], looks.RECIPE, None)

    def test_done_twice_leaves_what_is_there(self) -> None:
        photo = make_look()
        PhotoLook.objects.update(leader=photo)

        looks.look([photo])
        looks.note(photo, None)

        assert PhotoLook.objects.get().leader == photo
