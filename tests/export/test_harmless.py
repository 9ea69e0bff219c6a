"""What is taken from hubs and folders of users: data and no programs, before anything reads it."""

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from export import ExportError
from export.sources import Hub, check_harmless
from tests.inference.onnx_bytes import entry, field, graph_node, graph_tensor, model, node, tensor

REPOSITORY = "someone/tiny"
HUB = Hub(REPOSITORY)
GOOD = model(graph_tensor(tensor((2,), bytes(8))))


class Trap:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, tuple[Path, str]]:
        return Path.write_text, (self._mark, "it has run")


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "mark"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plain folder of the user's own, laid out as the hub."""
    root = tmp_path / "own"
    (root / REPOSITORY).mkdir(parents=True)
    monkeypatch.setenv("HUB_FOLDER", str(root))
    return root / REPOSITORY


def fetch(name: str, tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir(exist_ok=True)
    return HUB.fetch(name, folder, tmp_path / "cache")


def zipped(file: Path, content: bytes) -> None:
    """As PyTorch writes its files."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", content)


class TestFilesThatAreTaken:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("net.onnx", GOOD),
            ("config.json", b'{"model_type": "rt_detr", "trust_remote_code": false}'),
            ("tokenizer.json", b'{"vocab": {"auto_map": 1, "trust_remote_code": 2}}'),
            ("model.safetensors", b"\x02\x00\x00\x00\x00\x00\x00\x00{}"),
            ("merges.txt", b"a b"),
        ],
    )
    def test_are_those_that_say_what_they_are(
        self, own: Path, tmp_path: Path, name: str, content: bytes
    ) -> None:
        (own / name).write_bytes(content)

        assert fetch(name, tmp_path).read_bytes() == content


class TestPrograms:
    @pytest.mark.parametrize("suffix", ["pkl", "pt", "pth", "joblib", "bin", "ckpt", "py", "npy"])
    def test_are_refused_by_their_names(
        self, own: Path, tmp_path: Path, mark: Path, suffix: str
    ) -> None:
        (own / f"model.{suffix}").write_bytes(pickle.dumps(Trap(mark)))

        with pytest.raises(ExportError, match="may be a pickle, which can run code"):
            fetch(f"model.{suffix}", tmp_path)

        assert not mark.exists()

    @pytest.mark.parametrize(
        "name", ["net.onnx", "model.safetensors", "spiece.model", "merges.txt", "config.json"]
    )
    @pytest.mark.parametrize("is_zip", [True, False])
    def test_are_refused_whatever_they_are_called(
        self, own: Path, tmp_path: Path, mark: Path, name: str, *, is_zip: bool
    ) -> None:
        harm = pickle.dumps(Trap(mark))
        if is_zip:
            zipped(own / name, harm)
        else:
            (own / name).write_bytes(harm)

        with pytest.raises(ExportError, match=r"is not taken: it is a|can't be read"):
            fetch(name, tmp_path)

        assert not mark.exists()
        assert not (tmp_path / "cache" / "pins.json").exists()

    @pytest.mark.parametrize(
        "said",
        [
            {"trust_remote_code": True},
            {"model_cfg": {"text_cfg": {"tokenizer_kwargs": {"trust_remote_code": True}}}},
            {"text_cfg": [{"hf_trust_remote_code": True}]},
            {"auto_map": {"AutoModel": "modeling_own.OwnModel"}},
            {"vision": {"auto_map": {"AutoModel": "someone/else--code.Model"}}},
        ],
    )
    def test_are_not_asked_for_by_a_configuration(
        self, own: Path, tmp_path: Path, said: dict[str, Any]
    ) -> None:
        (own / "config.json").write_text(json.dumps(said))

        with pytest.raises(ExportError, match=r"is not taken: it (asks for|names) code"):
            fetch("config.json", tmp_path)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (
                model(graph_tensor(tensor((1,), b"", entry("location", "../../x"), field(14, 1)))),
                "outside of itself",
            ),
            (model(graph_tensor(tensor((2**30,), bytes(4)))), "say that they are 4294967296 long"),
            (model(graph_node(node("Run", domain="own.library"))), "a library of its own"),
        ],
    )
    def test_are_no_part_of_a_net_nor_are_other_files(
        self, own: Path, tmp_path: Path, content: bytes, said: str
    ) -> None:
        (own / "net.onnx").write_bytes(content)

        with pytest.raises(ExportError, match=said):
            fetch("net.onnx", tmp_path)


class TestCheckHarmless:
    def test_says_that_there_is_no_such_file(self, tmp_path: Path) -> None:
        with pytest.raises(ExportError, match="can't be read"):
            check_harmless(tmp_path / "net.onnx", "net.onnx")
