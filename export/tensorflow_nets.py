"""Nets of TensorFlow's: turned into ONNX by tf2onnx, and run as they are by TensorFlow itself.

Both live in `.venvs/tensorflow`, which nothing else needs.
"""

import os
import subprocess
import tempfile
import weakref
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import onnx
from onnx import ModelProto

from export import ExportError, canonical
from export.graphs import OPSET, load_net
from export.kinds import Answers
from export.streams import receive, send
from local.packages import digest

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venvs" / "tensorflow" / "bin" / "python"
SOURCES = (ROOT / "locks" / "tensorflow.lock", Path(__file__), Path(canonical.__file__))
CACHE = ROOT / "var" / "cache" / "nets"
CONVERSION_S = 600
QUIET = {  # the same numbers whatever the machine has, and no word of what it has
    "CUDA_VISIBLE_DEVICES": "",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}


def from_frozen_graph(file: Path, *, inputs: Sequence[str], outputs: Sequence[str]) -> ModelProto:
    """The part of a frozen graph that leads from `inputs` to `outputs`, as ONNX.

    Both are names of tensors; an input's may be followed by its shape, as in `a/b:0[-1,300]`.

    Raises:
        ExportError: there is no TensorFlow here, or it is no graph with these tensors.
    """
    cut = (f"--inputs={','.join(inputs)}", f"--outputs={','.join(outputs)}")
    return _converted("--graphdef", file, *cut)


def from_lite(file: Path) -> ModelProto:
    """A TensorFlow Lite net as ONNX, of plain floats where it had bytes.

    Raises:
        ExportError: there is no TensorFlow here, or it is no such net.
    """
    return _converted("--tflite", file, "--dequantize")


def _converted(form: str, file: Path, *words: str) -> ModelProto:
    """From the cache, or else converted and kept there."""
    words = (*words, f"--opset={OPSET}")
    made_from = "\0".join([digest(file), *words, *(source.read_text() for source in SOURCES)])
    kept = CACHE / f"{sha256(made_from.encode()).hexdigest()}.onnx"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=CACHE) as folder:
            net = Path(folder) / "net.onnx"
            _convert(file, [f"{form}={file}", *words, f"--output={net}"])
            whole = Path(folder) / kept.name
            onnx.save(canonical.ordered(load_net(net.read_bytes())), whole)
            whole.replace(kept)
    return load_net(kept.read_bytes())


def _convert(file: Path, words: Sequence[str]) -> None:
    try:
        subprocess.run(  # noqa: S603  # the words are ours, or those of a row
            [_python(), "-m", "tf2onnx.convert", *words],
            check=True,
            capture_output=True,
            text=True,
            timeout=CONVERSION_S,
            env=os.environ | QUIET,
        )
    except subprocess.TimeoutExpired as exc:
        raise ExportError(f"tf2onnx was not done with {file.name} in {CONVERSION_S} s.") from exc
    except subprocess.CalledProcessError as exc:
        raise ExportError(f"tf2onnx cannot convert {file.name}: {_last(exc.stderr)}") from exc


def _python() -> Path:
    if not PYTHON.exists():
        raise ExportError(
            "This model's weights are TensorFlow's, which is not installed: run `make models`."
        )
    return PYTHON


def _last(said: str) -> str:
    return said.strip().rpartition("\n")[2] or "it gives no reason."


class Running:
    """A net run by TensorFlow itself, in a process that lives as long as this object.

    A file that ends in .tflite is a TensorFlow Lite net, any other a frozen graph, of which only
    `outputs` are computed.

    Raises:
        ExportError: there is no TensorFlow here.
    """

    def __init__(self, file: Path, outputs: Sequence[str] = ()) -> None:
        self._file = file
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as the process
        self._process = subprocess.Popen(  # noqa: S603  # the words are ours, or those of a row
            [_python(), "-m", "export.tensorflow_runner", file.resolve(), *outputs],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            cwd=ROOT,
            env=os.environ | QUIET,
        )
        weakref.finalize(self, _end, self._process)

    def __call__(self, inputs: Answers) -> Answers:
        """Outputs by their names, from inputs by theirs.

        Raises:
            ExportError: TensorFlow cannot run the net.
        """
        try:
            send(self._process.stdin, inputs)
            answers = receive(self._process.stdout)
        except BrokenPipeError:
            answers = None
        if answers is None:
            raise ExportError(f"TensorFlow cannot run {self._file.name}: {self._reason()}")
        return answers

    def _reason(self) -> str:
        self._process.wait()
        self._said.seek(0)
        return _last(self._said.read().decode(errors="replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.communicate()
