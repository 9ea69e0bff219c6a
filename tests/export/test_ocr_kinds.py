"""What the kinds of text models take, and what they refuse."""

from pathlib import Path

import pytest

from tests.export import exporting

# Converts the recogniser without its metadata, with a file of characters; says what it refuses.
WITH_A_LIST = """
import sys
from pathlib import Path
import onnx
from export import ExportError
from export.paddle_ocr import PaddleTextRecognizer
from export.rows_ocr import PP_OCR_RECOGNIZER
from export.samples import PackagedPhotos
from export.weights import fetch_all
folder = Path({folder!r})
[net] = fetch_all(PP_OCR_RECOGNIZER.weights, folder, Path({cache!r})).files.values()
bare = onnx.load(net)
del bare.metadata_props[:]
onnx.save(bare, net)
files = {{"net.onnx": net, "list.txt": folder / "list.txt"}}
kind = PaddleTextRecognizer({settings})
try:
    converted = kind.convert({files}, PackagedPhotos(folder / "photos", Path({cache!r})))
    sys.stdout.buffer.write(converted.beside["characters.txt"])
except ExportError as exc:
    sys.stdout.write(str(exc))
"""


@pytest.fixture(autouse=True)
def _wheel_at_hand() -> None:
    if not list(exporting.CACHE.glob("*/rapidocr_onnxruntime-*.whl")):
        pytest.skip("The weights are not in the cache: run `make models`.")


class TestPaddleTextRecognizer:
    """Of a recogniser whose file does not say its characters, as those of newer packs."""

    @staticmethod
    def convert(tmp_path: Path, characters: str, chosen: str, files: str) -> str:
        (tmp_path / "list.txt").write_text(characters, "utf-8")
        words = {"settings": chosen, "files": files}
        script = WITH_A_LIST.format(folder=str(tmp_path), cache=str(exporting.CACHE), **words)
        return exporting.python("-c", script).stdout

    def test_takes_the_characters_of_another_file(self, tmp_path: Path) -> None:
        characters = [chr(0x4E00 + number) for number in range(6623)]
        listed = "\n".join(characters) + "\n"

        built = self.convert(tmp_path, listed, 'characters="list.txt"', "files")

        assert built == "\n".join(["", *characters, " "])

    @pytest.mark.parametrize(
        ("chosen", "files", "reason"),
        [
            (
                'characters="list.txt"',
                "files",
                "The recogniser tells 6625 characters apart, but 4 are listed ",
            ),
            ("", '{"net.onnx": net}', "The recogniser's file does not say which characters"),
            ("", "files", "The net comes in one file, not in 2: net.onnx, list.txt."),
            (
                'height=96, characters="list.txt"',
                "files",
                "The net takes no picture of (96, 640, 3): ",
            ),
        ],
        ids=["another list", "no list", "an unnamed list", "another height"],
    )
    def test_refuses_what_does_not_belong_together(
        self, tmp_path: Path, chosen: str, files: str, reason: str
    ) -> None:
        built = self.convert(tmp_path, "a\nb\n", chosen, files)

        assert built[: len(reason)] == reason
