"""Have a trained head in the model repository, as a model of the role face_matcher.

Standard output is one line of JSON: the model's name and space, or what was wrong.
"""

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export import ExportError
from export.build import build
from export.command import REPOSITORY
from export.heads import Head
from export.models import Model, Serving, Target
from export.publish import VERSION, locked, publish
from export.sources import check_harmless
from export.weights import Weights
from local.packages import CACHE
from training import Refused
from training.answers import JsonParser, answered

ROLE = "face_matcher"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
SERVING = Serving(  # it takes next to nothing of a photo's time
    cpu=Target(max_batch=128, preferred=(), delay_us=0, instances=1, threads=1),
    gpu=Target(max_batch=128, preferred=(), delay_us=0, instances=1),
)


@dataclass(frozen=True)
class Trained:
    """The folder that a training has written."""

    folder: Path

    def __str__(self) -> str:
        return "trained here"

    def __repr__(self) -> str:
        return "Trained()"

    def fetch(self, member: str, folder: Path, cache: Path) -> Path:
        """
        Raises:
            ExportError: it is no model that stands alone.
        """
        check_harmless(self.folder / member, member)
        return self.folder / member


def main(arguments: Sequence[str] | None = None) -> int:
    return answered(lambda: _published(_parser().parse_args(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = JsonParser(prog="python -m training publish", description=__doc__)
    parser.add_argument("out", type=Path, help="the folder that a training has written")
    parser.add_argument("--name", default="trained", help="default: %(default)s")
    parser.add_argument("--repository", type=Path, default=REPOSITORY, help="default: %(default)s")
    return parser


def _published(options: argparse.Namespace) -> dict[str, object]:
    """The next version of the model; the same head again is the version that it has."""
    if not NAME.fullmatch(options.name):
        raise Refused("name_wrong", f"{options.name!r}: letters, digits, - and _ make a name.")
    sha256 = _kept(options.out)
    with locked(options.repository):
        known = _versions(options.repository, options.name)
        for version, manifest in known.items():
            if sha256 in [each["sha256"] for each in manifest["weights"]]:
                return _told(options.name, version, manifest)
        version = max(known, default=0) + 1
        model = _model(options.out, options.name, version, sha256)
        try:
            publish(model, build(model, cache=CACHE), options.repository)
        except (ExportError, OSError) as exc:
            raise Refused("not_publishable", str(exc)) from exc
        return _told(options.name, version, _versions(options.repository, options.name)[version])


def _kept(out: Path) -> str:
    """The sha256 of the head that lies in `out`.

    Raises:
        Refused: report_unreadable, not_kept.
    """
    try:
        report = json.loads((out / "report.json").read_text())
        kept, reason, sha256 = report["kept"], report["reason"], report["model_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise Refused("report_unreadable", f"{out} holds no report of a training: {exc}") from exc
    if kept is not True:
        raise Refused("not_kept", str(reason))
    return str(sha256)


def _versions(repository: Path, name: str) -> dict[int, dict[str, Any]]:
    """The manifests of what is there already, whole."""
    built = (note.parents[1] for note in repository.glob(f"{ROLE}.*.*/{VERSION}/built.json"))
    return {
        int(folder.name.rpartition(".")[2]): json.loads((folder / "manifest.json").read_text())
        for folder in built
        if folder.name.rpartition(".")[0] == f"{ROLE}.{name}"
    }


def _model(out: Path, name: str, version: int, sha256: str) -> Model:
    weights = Weights(
        source=Trained(out),
        member="model.onnx",
        sha256=sha256,
        licence="yours",
        origin="Trained here, on faces that people have confirmed.",
    )
    return Model(
        role=ROLE,
        pack=name,
        version=version,
        kind=Head(),
        weights=(weights,),
        tolerance={"embedding": 1e-5},
        serving=SERVING,
    )


def _told(name: str, version: int, manifest: Mapping[str, Any]) -> dict[str, object]:
    return {"model": f"{ROLE}.{name}.{version}", "space": manifest["space"]}
