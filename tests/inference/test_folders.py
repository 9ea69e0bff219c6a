"""The folder of a model, looked at before it is loaded."""

import json
import os
from collections.abc import Callable
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import pytest

from inference import folders
from inference.errors import InferenceNotReady, ModelRefused
from tests.export.exporting import need_built_models
from tests.inference.test_onnx_files import GOOD
from tests.served import SPECS

NAME = "face_embedder.tiny.1"
CONFIG = 'backend: "onnxruntime"\nmax_batch_size: 4\n'
TOKENS = b'{"tokens": 1}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a model as `python -m export` writes it."""
    folder = tmp_path / NAME
    (folder / "1").mkdir(parents=True)
    (folder / "configs").mkdir()
    (folder / "config.pbtxt").write_text(CONFIG)
    (folder / "configs" / "gpu.pbtxt").write_text(CONFIG)
    write(folder, GOOD)
    return folder


def write(folder: Path, model: bytes) -> None:
    manifest = {"role": "face_embedder", "version": 1, "model_sha256": digest(model)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    files = {"1/model.onnx": digest(model), "1/tokenizer.json": digest(TOKENS), "config.pbtxt": "?"}
    (folder / "1" / "built.json").write_text(json.dumps({"files": files}))
    (folder / "1" / "model.onnx").write_bytes(model)
    (folder / "1" / "tokenizer.json").write_bytes(TOKENS)


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def change(path: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / path).write_bytes(content)


def configure(more: str, *, base: str = CONFIG) -> Callable[[Path], object]:
    return lambda folder: (folder / "config.pbtxt").write_text(base + more)


class TestFault:
    def test_is_none_of_models_that_were_built(self) -> None:
        need_built_models()
        root = Path(__file__).resolve().parents[2] / "model_repository"
        built = {spec.name: root / spec.name for spec in SPECS}

        assert folders.faults(built) == {}

    def test_is_none_of_what_the_export_writes(self, folder: Path) -> None:
        assert folders.fault(folder) == ""

    @pytest.mark.parametrize(
        ("harm", "said"),
        [
            (
                change("1/model.onnx", GOOD + b"\x10\x01"),
                "model.onnx is not the one that was built",
            ),
            (change("1/tokenizer.json", b"{}"), "tokenizer.json is not the one that was built"),
            (change("manifest.json", b"{}"), "model.onnx is not the one that was built"),
            (change("manifest.json", b"{"), "what describes it can't be read"),
            (change("1/built.json", b"["), "what describes it can't be read"),
            (lambda folder: (folder / "1/model.onnx").unlink(), "model.onnx can't be read"),
            (lambda folder: (folder / "1/built.json").unlink(), "built.json can't be read"),
            (lambda folder: (folder / "2").mkdir(), "built.json can't be read"),
            (lambda folder: write(folder, b"PK\x03\x04" + bytes(99)), "model.onnx: it is a zip"),
            (lambda folder: write(folder, b"\x80\x04."), "model.onnx: it is a pickle"),
            (configure("", base='backend: "python"\n'), "has it run by python"),
            (configure("", base='platform: "pytorch_libtorch"\n'), "run by pytorch_libtorch"),
            (configure("", base=""), "has it run by no backend"),
            (configure('runtime: "libtriton_own.so"\n'), "has a library of its own loaded"),
            (
                configure('model_operations { op_library_filename: "libops.so" }\n'),
                "has a library of its own loaded",
            ),
            (
                configure('model_repository_agents { agents { name: "own" } }\n'),
                "has a program of its own run",
            ),
            (configure('default_model_filename: "../x.onnx"\n'), "names other files"),
            (
                configure('cc_model_filenames { key: "8.0" value: "x.onnx" }\n'),
                "names other files than model.onnx: x.onnx",
            ),
            (configure("version_policy { all {} }\n"), "chooses among versions"),
            (configure("nonsense {"), "config.pbtxt can't be read"),
            (change("configs/gpu.pbtxt", b'backend: "python"'), "gpu.pbtxt has it run by python"),
        ],
    )
    def test_says_what_is_wrong(
        self, folder: Path, harm: Callable[[Path], object], said: str
    ) -> None:
        harm(folder)

        assert said in folders.fault(folder)
        with pytest.raises(ModelRefused, match=rf"^{NAME}: it is not loaded: "):
            folders.check(folder)

    def test_is_that_of_a_model_that_is_not_ready(self, tmp_path: Path) -> None:
        with pytest.raises(InferenceNotReady, match=r"no\.such\.1: it is not loaded"):
            folders.check(tmp_path / "no.such.1")

    def test_names_those_of_many(self, folder: Path, tmp_path: Path) -> None:
        found = folders.faults({NAME: folder, "other": tmp_path / "other"})

        assert found.keys() == {"other"}


class TestRememberedFiles:
    @pytest.fixture
    def read(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The names of files whose hash was taken."""
        names = list[str]()

        def noted(file: Any, how: str) -> Any:
            names.append(Path(file.name).name)
            return file_digest(file, how)

        monkeypatch.setattr(folders, "file_digest", noted)
        return names

    def test_are_not_read_again(self, folder: Path, read: list[str]) -> None:
        for _ in range(3):
            folders.check(folder)

        assert sorted(read) == ["model.onnx", "tokenizer.json"]

    def test_are_read_again_alone_when_they_change(self, folder: Path, read: list[str]) -> None:
        folders.check(folder)
        write(folder, GOOD + GOOD[-4:])

        assert folders.fault(folder) == ""
        assert read.count("model.onnx") == 2

    def test_are_not_believed_by_their_size_and_time_alone(self, folder: Path) -> None:
        folders.check(folder)
        file = folder / "1" / "model.onnx"
        before = file.stat()

        with file.open("r+b") as opened:
            opened.write(b"\x08\x07")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

        assert "model.onnx is not the one that was built" in folders.fault(folder)

    def test_are_right_again_once_mended(self, folder: Path) -> None:
        (folder / "1" / "model.onnx").write_bytes(b"other")
        assert folders.fault(folder)

        write(folder, GOOD)

        assert folders.fault(folder) == ""
