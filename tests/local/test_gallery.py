from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from local.album import Photo
from local.drawing import SIDE
from local.gallery import MOST_PHOTOS, Gallery, Undrawable, chosen, file_name, opened
from local.marks import Legend
from local.report import Failure, Outcome
from tests.local.findings import make_report, make_scene
from tests.pictures import jpeg

SIDEWAYS = 6  # EXIF: the top row is the right side
WHITE, BLUE, RED = (255, 255, 255), (0, 0, 255), (255, 0, 0)


def make_gallery(folder: Path) -> Gallery:
    gallery = Gallery(folder / "gallery")
    gallery.clear()
    return gallery


def hang(gallery: Gallery, photo: Photo) -> Path:
    outcome = Outcome(photo.name, scene=make_scene())
    return gallery.hang(photo, outcome, Legend.of(make_report(outcome)))


class TestGallery:
    def test_has_a_picture_of_each_photo_in_the_same_folders(self, tmp_path: Path) -> None:
        (tmp_path / "a.jpg").write_bytes(jpeg())
        gallery = make_gallery(tmp_path)

        file = hang(gallery, Photo("more/a.jpg", tmp_path / "a.jpg"))

        assert file == gallery.folder / "more" / "a.jpg.png"
        with Image.open(file) as picture:
            assert (picture.format, picture.width) == ("PNG", SIDE)

    def test_has_nothing_of_earlier_ones_when_cleared(self, tmp_path: Path) -> None:
        gallery = make_gallery(tmp_path)
        (gallery.folder / "old.png").touch()

        gallery.clear()

        assert list(gallery.folder.iterdir()) == []

    def test_says_which_photo_cannot_be_drawn(self, tmp_path: Path) -> None:
        gone = Photo("gone.jpg", tmp_path / "gone.jpg")
        (tmp_path / "broken.jpg").write_bytes(jpeg()[:200])

        with pytest.raises(Undrawable, match=r"gone\.jpg could not be drawn: .*No such file"):
            hang(make_gallery(tmp_path), gone)
        with pytest.raises(Undrawable, match=r"broken\.jpg could not be drawn"):
            hang(make_gallery(tmp_path), Photo("broken.jpg", tmp_path / "broken.jpg"))


class TestChosen:
    def test_are_the_first_photos_of_which_something_came(self) -> None:
        album = [Photo(f"{n}.jpg", Path()) for n in range(MOST_PHOTOS + 2)]
        failed = Outcome("0.jpg", Failure("empty_file", "It is empty."))
        outcomes = [failed, *(Outcome(photo.name) for photo in album[1:])]

        pairs = chosen(album, make_report(*outcomes))

        assert pairs == list(zip(album, outcomes, strict=True))[1 : MOST_PHOTOS + 1]


class TestOpened:
    def test_is_small_and_says_how_small(self, tmp_path: Path) -> None:
        (tmp_path / "a.jpg").write_bytes(jpeg(width=2 * SIDE, height=SIDE))

        image, scale = opened(tmp_path / "a.jpg")

        assert (image.size, scale) == ((SIDE, SIDE // 2), 0.5)

    def test_is_not_larger_than_the_photo(self, tmp_path: Path) -> None:
        (tmp_path / "a.jpg").write_bytes(jpeg(width=64, height=48))

        image, scale = opened(tmp_path / "a.jpg")

        assert (image.size, scale) == ((64, 48), 1)

    @pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
    def test_is_upright(self, tmp_path: Path, name: str) -> None:
        exif = Image.Exif()
        exif[0x112] = SIDEWAYS
        lying = Image.new("RGB", (60, 40), BLUE)
        lying.paste(RED, (0, 0, 60, 20))  # the top: to the right when upright
        lying.save(tmp_path / name, exif=exif)

        image, _ = opened(tmp_path / name)

        assert image.size == (40, 60)
        strongest = np.argmax(np.asarray(image), axis=2)
        assert (strongest[30, 35], strongest[30, 5]) == (0, 2)  # red, blue

    def test_can_be_of_a_telephone(self, tmp_path: Path) -> None:
        pillow_heif.from_pillow(Image.new("RGB", (64, 48), RED)).save(tmp_path / "a.heic")

        image, _ = opened(tmp_path / "a.heic")

        assert image.size == (64, 48)

    def test_is_white_where_the_photo_can_be_seen_through(self, tmp_path: Path) -> None:
        Image.new("RGBA", (64, 48), (0, 0, 0, 0)).save(tmp_path / "a.png")

        image, _ = opened(tmp_path / "a.png")

        assert image.getpixel((5, 5)) == WHITE

    def test_keeps_the_greys_of_sixteen_bits(self, tmp_path: Path) -> None:
        Image.new("I;16", (64, 48), 128 * 256).save(tmp_path / "a.png")

        image, _ = opened(tmp_path / "a.png")

        assert image.getpixel((5, 5)) == (128, 128, 128)


class TestFileName:
    @pytest.mark.parametrize(
        ("name", "file"),
        [
            ("a.jpg", "a.jpg.png"),
            ("a.png", "a.png.png"),  # both may be in one folder
            ("more/still/a.jpg", "more/still/a.jpg.png"),
        ],
    )
    def test_is_the_photo_s_and_an_ending(self, name: str, file: str) -> None:
        assert file_name(name) == file

    @pytest.mark.parametrize("letter", ["x", "ü", "写"])
    def test_is_one_that_file_systems_take(self, tmp_path: Path, letter: str) -> None:
        longest = letter * (255 // len(letter.encode()))

        (tmp_path / file_name(longest)).touch()

        assert len(list(tmp_path.iterdir())) == 1
