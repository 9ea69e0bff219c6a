"""Pictures of photos, as files: each photo with all that was found in it."""

import os
import shutil
import struct
import warnings
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pillow_heif
from PIL import Image, ImageOps

from local import LocalError
from local.album import Photo
from local.drawing import SIDE, draw
from local.marks import Legend
from local.report import Outcome, Report

MOST_PHOTOS = 60  # so that a large folder does not take for ever
MOST_BYTES = 200  # of a file's name; file systems have 255, of which some are for the ending
# What pillow and libheif raise on odd files.
BROKEN = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, OSError, RuntimeError, SyntaxError),
    *(TypeError, ValueError, struct.error, zlib.error),
    *(Image.DecompressionBombError,),
)

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


class Undrawable(LocalError):
    """There is no picture of a photo; the message says why."""


@dataclass(frozen=True)
class Gallery:
    """Pictures in `folder`, which is for them alone."""

    folder: Path

    def clear(self) -> None:
        """Have the folder, and nothing in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def hang(self, photo: Photo, outcome: Outcome, legend: Legend) -> Path:
        """Draw what was found in a photo; gives the picture's file.

        Raises:
            Undrawable: its file is not there any more, or Pillow cannot read it.
        """
        try:
            pixels, scale = opened(photo.path)
        except BROKEN as exc:
            raise Undrawable(f"{photo.name} could not be drawn: {exc}") from exc
        picture = draw(pixels, scale, legend.marks(outcome), outcome)
        file = self.folder / file_name(photo.name)
        file.parent.mkdir(parents=True, exist_ok=True)
        picture.save(file, compress_level=1)
        return file


def chosen(album: Iterable[Photo], report: Report) -> list[tuple[Photo, Outcome]]:
    """The photos to draw, of all that `report` has in the order of `album`: the first ones."""
    done = (pair for pair in zip(album, report.outcomes, strict=True) if not pair[1].error)
    return list(islice(done, MOST_PHOTOS))


def opened(path: Path) -> tuple[Image.Image, float]:
    """A photo as people see it, at most SIDE pixels a side; and its size by the original's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of each odd tag; the service has taken the photo
        with Image.open(path) as image:
            longer = max(image.size)
            image.draft(None, (SIDE, SIDE))  # JPEG alone can be read smaller, and much faster
            shown = flat(ImageOps.exif_transpose(image))
    shown.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return shown, max(shown.size) / longer


def flat(image: Image.Image) -> Image.Image:
    """The image in RGB, over white where it can be seen through."""
    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")


def file_name(name: str) -> str:
    """Of the picture of the photo called `name`: in the same folders, and a PNG."""
    folder, _, file = name.rpartition("/")
    start = os.fsencode(file)[:MOST_BYTES].decode(errors="ignore")
    return f"{folder}/{start}.png".removeprefix("/")
