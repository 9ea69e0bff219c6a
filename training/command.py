"""Train a head on confirmed faces, and write it, its report and two pictures to a new folder.

Standard output is lines of JSON: one an epoch, and a last one, which says whether the head is kept,
or what was wrong: then nothing is written, and the exit code is 2.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import torch

from training import Refused
from training.answers import JsonParser, answered, tell
from training.epochs import Memory
from training.faces import Faces
from training.fitting import Settings, Split, apply, fit
from training.head import Head
from training.metrics import figures, moved_threshold
from training.onnx_file import TOLERANCE, difference, written
from training.plots import draw_loss, draw_separation
from training.reports import progress, report

DEFAULTS = Settings()


def main(arguments: Sequence[str] | None = None) -> int:
    return answered(lambda: _train(_parser().parse_args(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = JsonParser(prog="python -m training", description=__doc__)
    parser.add_argument("faces", type=Path, help="npz: see training/README.md")
    parser.add_argument("out", type=Path, help="a folder that is not there yet")
    for name, kind, least, most, what in (
        ("epochs", int, 1, 10_000, "times through all people"),
        ("margin", float, 0, 4, "by how much others must be further away, squared distance"),
        ("min-faces", int, 2, 10_000, "of a person; others are left out"),
        ("learning-rate", float, 0, 1e30, "of AdamW, in the first epoch"),
        ("seed", int, 0, 2**32 - 1, "of all that is drawn by lot"),
    ):
        parser.add_argument(
            f"--{name}",
            type=_between(kind, least, most),
            default=getattr(DEFAULTS, name.replace("-", "_")),
            help=f"{what}; default: %(default)s",
        )
    parser.add_argument(
        "--checkpoint", type=Path, help="written after each epoch; a training that was killed goes "
        "on from it",
    )  # fmt: skip
    return parser


def _between(
    kind: type[int] | type[float], least: float, most: float
) -> Callable[[str], int | float]:
    def number(text: str) -> int | float:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} does not lie between {least} and {most}")
        return value

    return number


def _train(options: argparse.Namespace) -> dict[str, object]:
    _deterministic(options.seed)
    if options.out.exists():
        raise Refused("out_exists", f"{options.out} is there already: name a new folder.")
    settings = Settings(**{name: getattr(options, name) for name in Settings.__annotations__})
    faces = Faces.load(options.faces)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=options.out.parent) as folder:
        new = Path(folder) / "new"
        new.mkdir()
        memory = Memory(json.dumps([faces.sha256, asdict(settings)]), options.checkpoint)
        told = _write(faces, settings, new, memory)
        new.rename(options.out)
    return {key: told[key] for key in ("kept", "reason", "model_sha256")}


def _deterministic(seed: int) -> None:
    """One thread, as sums depend on how they are split up; the nets are small."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    torch.manual_seed(seed)
    torch.set_flush_denormal(True)  # numbers next to nothing would take long


def _write(faces: Faces, settings: Settings, folder: Path, memory: Memory) -> dict[str, object]:
    """Train, and write all files to `folder`; returns the report."""
    split, dimension = Split.of(faces, settings), faces.vectors.shape[1]
    head, before = Head(dimension), figures(faces.vectors, split.pairs)
    for epoch in fit(head, faces, split, settings, memory):
        tell(progress(epoch, split, settings))
    epochs = memory.epochs
    told = report(faces, split, settings, epochs, before)
    cosine = moved_threshold(faces.same_person_cosine, before, epochs[-1].held_out)
    properties = {"takes": faces.space, "same_person_cosine": f"{cosine:.4f}"}
    content = written(head, dimension, properties)
    apart = difference(head, content, faces.vectors)
    if not apart <= TOLERANCE:
        raise Refused("model_differs", f"onnxruntime's answers lie {apart:.2g} from PyTorch's.")
    told |= {
        "same_person_cosine": {"before": faces.same_person_cosine, "after": round(cosine, 4)},
        "largest_difference": apart,
        "model_sha256": sha256(content).hexdigest(),
    }
    (folder / "model.onnx").write_bytes(content)
    (folder / "report.json").write_text(json.dumps(told, indent=2) + "\n")
    draw_loss(epochs, split.pairs.rate, folder / "loss.png")
    moved = apply(head, faces.vectors)
    draw_separation(faces.vectors, moved, split.pairs, folder / "separation.png")
    return told
