"""Photos with captions, in folders of the user's own: what a search is tried on."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import local.photos
from jobs.errors import CaptionsUnusable

TABLE = "captions.csv"
OURS = Path(local.photos.__file__).with_name(TABLE)
_COLUMNS = ["image", "caption"]
_FEWEST = 2  # photos: one alone is always found


@dataclass(frozen=True)
class Captioned:
    """A photo, and what people wrote of it: nothing, if it is only there to be told apart."""

    path: Path
    captions: tuple[str, ...]


def captioned_in(folder: Path, *, limit: int | None = None) -> list[Captioned]:
    """The photos that the captions in `folder` are of, or the first `limit` of them.

    The captions are in a file of COCO's form, `captions*.json`, or in `captions.csv` with the
    columns `image` and `caption`. Photos are in the folder itself, or in `images` below it.

    Raises:
        CaptionsUnusable: naming the file, what is wrong with it, and what to do.
    """
    file = _file(folder)
    read = _coco if file.suffix == ".json" else _table
    try:
        captions = read(file)
    except (OSError, ValueError, csv.Error) as exc:  # also where it is no text
        raise CaptionsUnusable(f"{file}: it can't be read: {exc}.") from exc
    return _with_photos(captions, folder, file, limit)


def packaged(folder: Path, limit: int | None = None) -> list[Captioned]:
    """The photos of the demo, put into `folder`, with captions of ours.

    Raises:
        LocalError: a package that they ride in can't be had.
    """
    local.photos.packaged_photos(folder)
    return _with_photos(_table(OURS), folder, OURS, limit)


def _with_photos(
    captions: Mapping[str, Iterable[str]], folder: Path, file: Path, limit: int | None
) -> list[Captioned]:
    """The photos in `folder` that have these `captions` of `file`, by their names."""
    found = [
        Captioned(_photo(name, folder, file), tuple(_checked(each, name, file) for each in said))
        for name, said in list(captions.items())[:limit]
    ]
    if len(found) < _FEWEST or not any(each.captions for each in found):
        raise CaptionsUnusable(
            f"{file}: give captions of {_FEWEST} photos at least: these are of {len(found)}."
        )
    return found


def _file(folder: Path) -> Path:
    if not folder.is_dir():
        raise CaptionsUnusable(f"{folder} is not a folder.")
    found = sorted(folder.glob("captions*.json")) or sorted(folder.glob(TABLE))
    if not found:
        raise CaptionsUnusable(f"{folder}: there is no captions*.json and no {TABLE}: add one.")
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise CaptionsUnusable(f"{folder}: there are several files of captions: {names}: keep one.")
    return found[0]


def _coco(file: Path) -> dict[str, list[str]]:
    told = json.loads(file.read_bytes())
    try:
        names = {image["id"]: _text(image["file_name"]) for image in told["images"]}
        captions: dict[str, list[str]] = {name: [] for name in names.values()}
        for each in told["annotations"]:
            captions[names[each["image_id"]]].append(_text(each["caption"]))
    except KeyError as exc:
        raise CaptionsUnusable(
            f"{file}: {exc.args[0]!r} is missing: it must hold `images` with `id` and `file_name`, "
            "and `annotations` with `image_id` of one of them and `caption`."
        ) from exc
    except TypeError as exc:
        raise CaptionsUnusable(f"{file}: it is not of COCO's form for captions: {exc}.") from exc
    return captions


def _table(file: Path) -> dict[str, list[str]]:
    captions = defaultdict(list)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, strict=True)
        if rows.fieldnames != _COLUMNS:
            raise CaptionsUnusable(f"{file}: its first line must be `{','.join(_COLUMNS)}`.")
        for row in rows:
            if None in row or None in row.values():
                raise CaptionsUnusable(
                    f"{file}: line {rows.line_num}: it must have {len(_COLUMNS)} fields: "
                    "put a caption with commas in quotes."
                )
            captions[row["image"]].append(row["caption"])
    return captions


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} should be text")
    return value


def _photo(name: str, folder: Path, file: Path) -> Path:
    for path in (folder / "images" / name, folder / name):
        if path.is_file():
            return path
    raise CaptionsUnusable(f"{file}: there is no photo {name!r} in {folder} or in its `images`.")


def _checked(caption: str, name: str, file: Path) -> str:
    if not caption.strip():
        raise CaptionsUnusable(f"{file}: a caption of {name!r} is empty: write it, or remove it.")
    return caption.strip()
