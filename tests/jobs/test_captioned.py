"""Folders of photos with captions."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.captioned import OURS, Captioned, captioned_in, packaged
from jobs.errors import CaptionsUnusable
from local.packages import CACHE
from tests.pictures import jpeg

COCO: dict[str, Any] = {
    "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 9, "file_name": "b.jpg"}],
    "annotations": [
        {"image_id": 9, "caption": "A boat. "},
        {"image_id": 7, "caption": "A cat"},
        {"image_id": 9, "caption": "The sea"},
    ],
}
TABLE = 'image,caption\nb.jpg,A boat.\na.jpg,"A cat, asleep"\nb.jpg,The sea\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With photos a.jpg and b.jpg in `images`."""
    (tmp_path / "images").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "images" / name).write_bytes(jpeg())
    return tmp_path


def _coco(folder: Path, told: object = COCO, name: str = "captions.json") -> None:
    (folder / name).write_text(told if isinstance(told, str) else json.dumps(told))


def _refusal(folder: Path) -> str:
    with pytest.raises(CaptionsUnusable) as refused:
        captioned_in(folder)
    assert str(folder) in str(refused.value)
    return str(refused.value)


class TestCaptions:
    def test_of_cocos_form_are_read(self, folder: Path) -> None:
        _coco(folder, name="captions_train2017.json")

        assert captioned_in(folder) == [
            Captioned(folder / "images" / "a.jpg", ("A cat",)),
            Captioned(folder / "images" / "b.jpg", ("A boat.", "The sea")),
        ]

    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    def test_in_a_table_are_read(self, mark: str, folder: Path) -> None:
        (folder / "captions.csv").write_text(mark + TABLE, encoding="utf-8")

        assert captioned_in(folder) == [
            Captioned(folder / "images" / "b.jpg", ("A boat.", "The sea")),
            Captioned(folder / "images" / "a.jpg", ("A cat, asleep",)),
        ]

    def test_may_lie_beside_their_photos(self, folder: Path) -> None:
        (folder / "images" / "captions.csv").write_text(TABLE)

        found = captioned_in(folder / "images")

        assert [each.path.name for each in found] == ["b.jpg", "a.jpg"]

    def test_are_those_of_the_first_photos_if_there_is_a_limit(self, folder: Path) -> None:
        (folder / "images" / "c.jpg").write_bytes(jpeg())
        (folder / "captions.csv").write_text(f"{TABLE}c.jpg,A dog\n")

        assert len(captioned_in(folder, limit=2)) == 2

    def test_may_be_missing_for_a_photo(self, folder: Path) -> None:
        _coco(folder, {**COCO, "annotations": COCO["annotations"][:1]})

        assert [each.captions for each in captioned_in(folder)] == [(), ("A boat.",)]


class TestRefusal:
    def test_names_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        assert _refusal(tmp_path / "nowhere").endswith("nowhere is not a folder.")

    def test_says_which_files_it_looks_for(self, folder: Path) -> None:
        refused = _refusal(folder)

        assert refused.endswith(": there is no captions*.json and no captions.csv: add one.")

    def test_does_not_choose_between_files(self, folder: Path) -> None:
        _coco(folder, name="captions_1.json")
        _coco(folder, name="captions_2.json")

        assert _refusal(folder).endswith("captions_1.json, captions_2.json: keep one.")

    @pytest.mark.parametrize("content", ["", "{", '{"images": ', "\x00"])
    def test_names_a_file_that_is_no_json(self, content: str, folder: Path) -> None:
        _coco(folder, content)

        assert "captions.json: it can't be read: " in _refusal(folder)

    @pytest.mark.parametrize(
        "told",
        [
            [],
            5,
            {"images": 5, "annotations": []},
            {"images": [5], "annotations": []},
            {"images": [{"id": [], "file_name": "a.jpg"}], "annotations": []},
            {**COCO, "images": [{"id": 7, "file_name": 5}]},
            {**COCO, "annotations": [{"image_id": 7, "caption": None}]},
        ],
    )
    def test_names_a_file_of_another_form(self, told: object, folder: Path) -> None:
        _coco(folder, told)

        assert "captions.json: it is not of COCO's form for captions: " in _refusal(folder)

    @pytest.mark.parametrize(
        ("told", "missing"),
        [
            ({}, "'images'"),
            ({"images": []}, "'annotations'"),
            ({**COCO, "images": [{"id": 7}]}, "'file_name'"),
            ({**COCO, "annotations": [{"image_id": 7}]}, "'caption'"),
            ({**COCO, "annotations": [{"image_id": 8, "caption": "A dog"}]}, "8"),
        ],
    )
    def test_says_what_is_missing(self, told: object, missing: str, folder: Path) -> None:
        _coco(folder, told)

        assert f"captions.json: {missing} is missing: it must hold `images`" in _refusal(folder)

    @pytest.mark.parametrize("first", ["", "caption,image\n", "image;caption\n"])
    def test_says_which_columns_a_table_has(self, first: str, folder: Path) -> None:
        (folder / "captions.csv").write_text(f"{first}a.jpg,A cat\n")

        assert _refusal(folder).endswith("its first line must be `image,caption`.")

    @pytest.mark.parametrize("line", ["a.jpg", "a.jpg,A cat, asleep"])
    def test_names_a_line_with_other_fields(self, line: str, folder: Path) -> None:
        (folder / "captions.csv").write_text(f"{TABLE}{line}\n")

        assert "captions.csv: line 5: it must have 2 fields: " in _refusal(folder)

    def test_names_a_table_that_is_no_text(self, folder: Path) -> None:
        (folder / "captions.csv").write_bytes(b"image,caption\na.jpg,\xff\n")

        assert "captions.csv: it can't be read: " in _refusal(folder)

    def test_names_a_photo_that_is_not_there(self, folder: Path) -> None:
        (folder / "images" / "b.jpg").unlink()
        _coco(folder)

        assert "there is no photo 'b.jpg' in " in _refusal(folder)

    def test_names_the_photo_of_an_empty_caption(self, folder: Path) -> None:
        (folder / "captions.csv").write_text(f"{TABLE}a.jpg,  \n")

        assert "a caption of 'a.jpg' is empty: write it, or remove it." in _refusal(folder)

    @pytest.mark.parametrize("told", ["image,caption\n", "image,caption\na.jpg,A cat\n"])
    def test_wants_two_photos_to_be_told_apart(self, told: str, folder: Path) -> None:
        (folder / "captions.csv").write_text(told)

        assert "give captions of 2 photos at least: " in _refusal(folder)

    def test_wants_captions(self, folder: Path) -> None:
        _coco(folder, {**COCO, "annotations": []})

        assert "give captions of 2 photos at least: " in _refusal(folder)


class TestPackaged:
    def test_photos_have_captions_of_ours(self, tmp_path: Path) -> None:
        if not CACHE.is_dir():
            pytest.skip("The packages with photos were not fetched: run `make test`.")

        found = packaged(tmp_path)

        assert {each.path for each in found} == set(tmp_path.iterdir())
        assert all(each.captions for each in found)
        lines = OURS.read_text().splitlines()
        assert sum(len(each.captions) for each in found) == len(lines) - 1
