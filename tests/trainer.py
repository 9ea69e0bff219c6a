"""A program that answers as the one that trains does, and learns nothing: for tests of its callers.

`python trainer.py HOW [-m training] WORDS`. HOW: better, worse, refuses, dies, raves, hangs
(between two epochs), or kills (whoever has started it, once).
"""

import json
import os
import signal
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venvs" / "export" / "bin" / "python"
FIGURES = {"tar": {"0.01": 0.5}, "auc": 0.9, "separation": 1.0}


def main(how: str, words: list[str]) -> int:
    words = words[2:] if words[:1] == ["-m"] else words
    if words[0] == "publish":
        os.chdir(ROOT)
        os.execv(PYTHON, [str(PYTHON), "-m", "training", *words])  # noqa: S606  # the real one
    faces, out = Path(words[0]), Path(words[1])
    with np.load(faces) as stored:
        given = dict(stored)
    epochs = int(words[words.index("--epochs") + 1])
    given["margin"] = words[words.index("--margin") + 1]  # another one makes another head
    checkpoint = Path(words[words.index("--checkpoint") + 1])
    begun = int(checkpoint.read_text()) if checkpoint.exists() else 0
    for epoch in range(begun + 1, epochs + 1):
        checkpoint.write_text(str(epoch))
        told = {"loss": 1 / epoch, "tar": 0.5, "far": 0.01, "auc": 0.9, "pid": os.getpid()}
        say(epoch=epoch, epochs=epochs, **told)
        if how == "hangs" and epoch < epochs:
            time.sleep(600)
        if how == "kills" and not begun:
            os.kill(os.getppid(), signal.SIGKILL)
            return 1
    return end(how, out, given, epochs)


def end(how: str, out: Path, given: dict[str, Any], epochs: int) -> int:
    match how:
        case "refuses":
            say(code="too_few_people", detail="Only 1 has 5 confirmed faces.")
            return 2
        case "dies":
            sys.stderr.write("out of memory\n")
            return 137
        case "raves":
            sys.stdout.write("what?\n")
            return 0
    new = out.with_name(f".unfinished-{out.name}-{os.getpid()}")
    new.mkdir()
    kept = how in ("better", "hangs", "kills")
    content = head(given) if kept else b"nothing"
    (new / "model.onnx").write_bytes(content)
    digest = sha256(content).hexdigest()
    reason = f"It is {'better' if kept else how}."
    told = {"kept": kept, "reason": reason, "model_sha256": digest}
    counts = {"faces_learnt": len(given["face"]), "rejected_pairs": len(given["rejected"])}
    report = told | {
        "metric": {"name": "tar", "far": 0.01},
        "held_out": {"before": FIGURES, "after": FIGURES},
        "losses": [1 / epoch for epoch in range(1, epochs + 1)],
        "counts": counts,
        "settings": {"epochs": epochs},
    }
    (new / "report.json").write_text(json.dumps(report))
    for plot in ("loss", "separation"):
        (new / f"{plot}.png").write_bytes(b"\x89PNG")
    new.rename(out)
    say(**told)
    return 0


def head(given: dict[str, Any]) -> bytes:
    """One that turns the second half of a vector down: e + W e + b, made to be of length 1."""
    # Not there where only answers are wanted, and mypy runs.
    import onnx  # type: ignore[import-not-found]  # noqa: PLC0415
    from onnx import helper, numpy_helper  # noqa: PLC0415

    size = given["vectors"].shape[1]
    model = onnx.parser.parse_model(
        f"""<ir_version: 8, opset_import: ["": 17]>
        face_matcher (float[B,{size}] vectors) => (float[B,{size}] embedding) {{
            change = Gemm <transB = 1> (vectors, "change.weight", "change.bias")
            moved = Add (vectors, change)
            length = ReduceL2 <axes = [1], keepdims = 1> (moved)
            embedding = Div (moved, length)
        }}"""
    )
    less = np.diag([0.0] * (size // 2) + [-0.5] * (size - size // 2)).astype(np.float32)
    weights = {"change.weight": less, "change.bias": np.zeros(size, np.float32)}
    model.graph.initializer.extend(
        numpy_helper.from_array(value, name) for name, value in weights.items()
    )
    takes, margin = str(given["space"]), str(given["margin"])
    said = {"takes": takes, "same_person_cosine": "0.45", "margin": margin}
    helper.set_model_props(model, said)
    return bytes(model.SerializeToString(deterministic=True))


def say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
