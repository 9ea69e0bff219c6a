"""What camera a photo was taken with, as its file says."""

from typing import Any

import pytest
from PIL import Image

import photos.services
from photos.exif import MAX_CAMERA, PhotoExif, is_camera, read_exif
from photos.models import Photo
from photos.services import Content, Kept, Picture
from tests.factories import make_owner, make_photo
from tests.photos.test_exif import photo_with

MAKE, MODEL = 0x010F, 0x0110


def camera(make: Any = None, model: Any = None) -> str:
    exif = Image.Exif()
    exif.update({tag: value for tag, value in ((MAKE, make), (MODEL, model)) if value is not None})
    return read_exif(photo_with(exif)).camera


@pytest.mark.parametrize(
    ("make", "model", "said"),
    [
        ("Apple", "iPhone 15 Pro", "Apple iPhone 15 Pro"),
        ("Canon", "Canon EOS 5D Mark IV", "Canon EOS 5D Mark IV"),
        ("NIKON CORPORATION", "NIKON D90", "NIKON D90"),
        ("FUJIFILM  ", " X-T5\0\0junk", "FUJIFILM X-T5"),
        ("Leica", None, "Leica"),
        (None, "DSC-RX100", "DSC-RX100"),
        (None, None, ""),
        ("", "", ""),
        ("Ca\nnon", "\tEOS\x1b[31m", "Ca non EOS [31m"),
    ],
)
def test_is_the_make_and_the_model_in_one_line(make: Any, model: Any, said: str) -> None:
    assert camera(make, model) == said
    assert is_camera(said)


def test_is_cut_where_it_is_too_long() -> None:
    said = camera("Canon", "x" * 3000)

    assert said == f"Canon {'x' * (MAX_CAMERA - 6)}"
    assert is_camera(said)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # pillow's; in the decoder nobody hears it
def test_is_none_where_the_tags_are_broken() -> None:
    assert read_exif(photo_with(b"Exif\0\0II*\0\xff\xff\xff\x7f")).camera == ""


def stored(exif: PhotoExif, photo: Photo | None = None) -> Photo:
    """A new photo; or one that has come once more."""
    owner = photo.owner if photo else make_owner()
    content = Content.of(b"jpeg")
    if photo:
        Photo.objects.filter(pk=photo.pk).update(sha256=content.sha256)
    picture, kept = Picture("JPEG", 8, 8, exif, b"small"), Kept("original.jpg", "small.jpg", None)
    return photos.services.store(owner, content, picture, kept)


@pytest.mark.django_db
class TestAPhoto:
    def test_keeps_its_camera(self) -> None:
        stored(PhotoExif(camera="Leica Q3"))

        assert Photo.objects.get().camera == "Leica Q3"

    def test_that_is_older_than_its_column_learns_it(self) -> None:
        again = stored(PhotoExif(camera="Leica Q3", orientation=6), make_photo())

        assert (again.camera, again.orientation) == ("Leica Q3", 6)
        photo = Photo.objects.get()
        assert (photo.camera, photo.orientation) == ("Leica Q3", 6)

    def test_does_not_forget_it(self) -> None:
        again = stored(PhotoExif(), make_photo(camera="Leica Q3", orientation=6))

        assert (again.camera, again.orientation) == ("Leica Q3", 6)
