"""Where weights come from, and what is refused; no test asks a hub."""

import json
import zipfile
from hashlib import sha256
from pathlib import Path

import huggingface_hub.constants
import pytest

from export import ExportError, rows_ocr_more
from export.sources import LISTED, Hub, InsightFaceZoo, check_safe
from export.weights import Weights, fetch_all
from local.packages import CACHE

REPOSITORY = "someone/tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
HUB = Hub(REPOSITORY)
NET = b"\x08\x08\x3a\x00"  # the shortest ONNX file: a version, and a graph of nothing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plain folder with a file of REPOSITORY."""
    root = tmp_path / "own"
    (root / REPOSITORY).mkdir(parents=True)
    (root / REPOSITORY / "config.json").write_text("{}")
    monkeypatch.setenv("HUB_FOLDER", str(root))
    return root


def in_hub_cache(name: str, content: bytes) -> None:
    """Lay a file as the hub's own library does."""
    root = Path(huggingface_hub.constants.HF_HUB_CACHE) / "models--someone--tiny"
    snapshot = root / "snapshots" / COMMIT / name
    snapshot.parent.mkdir(parents=True)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text(COMMIT)
    snapshot.write_bytes(content)


class TestHub:
    def test_takes_a_file_from_the_users_own_folder(
        self, own: Path, folder: Path, cache: Path
    ) -> None:
        path = HUB.fetch("config.json", folder, cache)

        assert (path.parent, path.read_text()) == (folder, "{}")

    def test_takes_a_file_from_the_hubs_cache(self, folder: Path, cache: Path) -> None:
        in_hub_cache("model.safetensors", b"weights")

        path = HUB.fetch("model.safetensors", folder, cache)

        assert path.read_bytes() == b"weights"

    @pytest.mark.parametrize("offline", [True, False])
    def test_says_what_to_do_when_it_is_out_of_reach(
        self, folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, *, offline: bool
    ) -> None:
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", offline)
        monkeypatch.setattr("time.sleep", lambda _: None)  # between the library's own tries

        with pytest.raises(ExportError) as refused:
            HUB.fetch("model.safetensors", folder, cache)

        assert str(refused.value) == (
            "model.safetensors of someone/tiny (main) of the Hugging Face hub cannot be had: the "
            "hub is out of reach, or HF_HUB_OFFLINE is set, and the file is not in its cache. Or "
            "put it to $HUB_FOLDER/someone/tiny/model.safetensors by hand, and run again."
        )
        assert list(folder.iterdir()) == []


class TestPins:
    def test_the_first_file_that_comes_is_pinned(
        self, own: Path, folder: Path, cache: Path
    ) -> None:
        HUB.fetch("config.json", folder, cache)

        pins = json.loads((cache / "pins.json").read_text())
        assert pins == {"someone/tiny@main/config.json": sha256(b"{}").hexdigest()}

    def test_the_same_file_is_taken_again(self, own: Path, folder: Path, cache: Path) -> None:
        first = HUB.fetch("config.json", folder, cache)
        pinned = (cache / "pins.json").read_text()

        assert HUB.fetch("config.json", folder, cache) == first
        assert (cache / "pins.json").read_text() == pinned

    def test_another_file_of_that_name_is_refused(
        self, own: Path, folder: Path, cache: Path, tmp_path: Path
    ) -> None:
        HUB.fetch("config.json", folder, cache)
        (own / REPOSITORY / "config.json").write_text('{"other": 1}')
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()

        with pytest.raises(ExportError, match="is not what it was when it first came"):
            HUB.fetch("config.json", elsewhere, cache)

        assert list(elsewhere.iterdir()) == []

    def test_a_file_that_is_known_must_be_that_one(
        self, own: Path, folder: Path, cache: Path
    ) -> None:
        row = Weights(HUB, "config.json", "00", "MIT", "test")

        with pytest.raises(ExportError, match="is not what it was"):
            fetch_all([row], folder, cache)


class TestSafety:
    @pytest.mark.parametrize(
        "member", ["pytorch_model.bin", "model.pt", "model.pth", "data.pkl", "last.ckpt", "model"]
    )
    def test_files_that_may_hold_code_are_refused(
        self, own: Path, folder: Path, cache: Path, member: str
    ) -> None:
        (own / REPOSITORY / member).write_bytes(b"\x80\x04.")

        with pytest.raises(ExportError, match="may be a pickle, which can run code"):
            HUB.fetch(member, folder, cache)

    @pytest.mark.parametrize("member", ["../secret.json", "/etc/x.json", "a/../../b.json", ""])
    def test_names_that_lead_elsewhere_are_refused(self, member: str) -> None:
        with pytest.raises(ExportError, match="is no name of a file in the hub"):
            check_safe(member, "the hub")


class TestZoo:
    def test_takes_a_file_from_where_insightface_unpacks_it(
        self, folder: Path, cache: Path, tmp_path: Path
    ) -> None:
        unpacked = tmp_path / "zoo" / "models" / "buffalo_l"
        unpacked.mkdir(parents=True)
        (unpacked / "det_10g.onnx").write_bytes(NET)

        path = InsightFaceZoo("buffalo_l", str(tmp_path / "zoo")).fetch(
            "det_10g.onnx", folder, cache
        )

        assert path.read_bytes() == NET

    def test_unpacks_what_the_package_fetches(
        self, folder: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The package's own code, but for the one line that asks the network."""

        def fetched(url: str, path: str, *, overwrite: bool) -> None:
            Path(path).parent.mkdir(parents=True)
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("det_500m.onnx", NET)

        monkeypatch.setattr("insightface.utils.storage.download_file", fetched)

        path = InsightFaceZoo("buffalo_s", str(tmp_path / "zoo")).fetch(
            "det_500m.onnx", folder, cache
        )

        assert path.read_bytes() == NET

    def test_says_what_to_do_when_it_is_out_of_reach(
        self, folder: Path, cache: Path, tmp_path: Path
    ) -> None:
        zoo = InsightFaceZoo("buffalo_l", str(tmp_path / "zoo"))

        with pytest.raises(ExportError) as refused:
            zoo.fetch("det_10g.onnx", folder, cache)

        assert str(refused.value) == (
            "buffalo_l of insightface's model zoo cannot be had: it is out of reach. Or put it to "
            "$HUB_FOLDER/buffalo_l/*.onnx by hand, and run again."
        )

    def test_says_which_file_a_pack_lacks(self, folder: Path, cache: Path, tmp_path: Path) -> None:
        (tmp_path / "zoo" / "models" / "buffalo_l").mkdir(parents=True)

        with pytest.raises(ExportError, match=r"has no file det_10g\.onnx"):
            InsightFaceZoo("buffalo_l", str(tmp_path / "zoo")).fetch("det_10g.onnx", folder, cache)


class TestRapidOcrZoo:
    MEMBER = "onnx/PP-OCRv5/rec/latin_PP-OCRv5_rec_mobile.onnx"

    def test_takes_a_file_from_the_users_own_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there = tmp_path / "hub" / "RapidAI" / "RapidOCR" / self.MEMBER
        there.parent.mkdir(parents=True)
        there.write_bytes(NET)
        monkeypatch.setenv("HUB_FOLDER", str(tmp_path / "hub"))

        file = rows_ocr_more.ZOO.fetch(self.MEMBER, tmp_path, CACHE)

        assert (file.name, file.read_bytes()) == ("latin_PP-OCRv5_rec_mobile.onnx", NET)

    def test_says_what_to_do_when_it_is_out_of_reach(self, tmp_path: Path) -> None:
        with pytest.raises(ExportError, match=r"out of reach.*HUB_FOLDER/RapidAI/RapidOCR/onnx/"):
            rows_ocr_more.ZOO.fetch(self.MEMBER, tmp_path, CACHE)

    def test_knows_every_file_of_the_rows_and_no_other(self, tmp_path: Path) -> None:
        listed = rows_ocr_more.RAPIDOCR_3.fetch(LISTED, tmp_path, CACHE).read_text()

        rows = [row for pack in rows_ocr_more.PACKS.values() for row in pack]
        wanted = [each for row in rows for each in row.weights if each.source is rows_ocr_more.ZOO]
        assert len(wanted) == 2 * len(rows_ocr_more.SCRIPTS)
        for weights in wanted:
            where = listed.index(f"/{weights.member}\n")
            assert weights.sha256 in listed[where : where + 200]
        with pytest.raises(ExportError, match="has no file"):
            rows_ocr_more.ZOO.fetch("onnx/other.onnx", tmp_path, CACHE)
