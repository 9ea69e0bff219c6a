"""Build Triton's model repository from the weights of a pack."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from export import ExportError
from export.build import build
from export.models import Model
from export.packs import NAMES, rows
from export.precision import Precision, of
from export.publish import is_current, locked, publish
from export.sessions import PROVIDERS
from local import LocalError
from local.packages import CACHE

STOPPED = 130  # as shells say it, after Ctrl-C
REPOSITORY = Path(__file__).resolve().parents[1] / "model_repository"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        pack = [of(row, options.precision) for row in rows(options.pack)]
        chosen = _chosen(pack, options.role)
        _export(chosen, options, Console(highlight=False, soft_wrap=True))
    except (ExportError, LocalError) as exc:
        Console(stderr=True, soft_wrap=True).print(str(exc), markup=False, highlight=False)
        return 1
    except KeyboardInterrupt:
        return STOPPED
    return 0


def _chosen(pack: Sequence[Model], roles: Sequence[str] | None) -> list[Model]:
    """
    Raises:
        ExportError: the pack has no model for one of the roles.
    """
    there = dict.fromkeys(model.role for model in pack)
    for role in roles or ():
        if role not in there:
            raise ExportError(f"The pack has no {role}: it has {', '.join(there)}.")
    return [model for model in pack if not roles or model.role in roles]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m export", description=__doc__)
    parser.add_argument("pack", choices=NAMES)
    parser.add_argument("--role", action="append", help="only this role (repeatable)")
    parser.add_argument("--repository", type=Path, default=REPOSITORY, help="default: %(default)s")
    parser.add_argument("--cache", type=Path, default=CACHE, help="of packages; %(default)s")
    parser.add_argument(
        "--device",
        choices=sorted(PROVIDERS),
        default="cpu",
        help="what the comparison with the original runs on; default: %(default)s",
    )
    parser.add_argument(
        "--precision",
        type=Precision,
        choices=list(Precision),
        default=Precision.FP32,
        help="of the numbers in the models; others than %(default)s are packs of their own",
    )
    parser.add_argument("--force", action="store_true", help="build what is there already, too")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and end")
    return parser


def _export(models: Sequence[Model], options: argparse.Namespace, console: Console) -> None:
    if options.dry_run:
        for model in models:
            console.print(_plan(model, options))
        return
    with locked(options.repository):
        for model in models:
            _have(model, options, console)


def _plan(model: Model, options: argparse.Namespace) -> str:
    if _is_needed(model, options):
        return f"{model.name}: would be built from {_sources(model)}"
    return f"{model.name}: is there"


def _have(model: Model, options: argparse.Namespace, console: Console) -> None:
    if not _is_needed(model, options):
        console.print(f"{model.name}: is there")
        return
    with console.status(f"{model.name}: building from {_sources(model)}"):
        built = build(model, cache=options.cache, device=options.device)
        publish(model, built, options.repository)
    worst = ", ".join(f"{name} {value:.1g}" for name, value in built.differences.items())
    console.print(f"{model.name}: built; largest difference to the original: {worst}")


def _sources(model: Model) -> str:
    return ", ".join(dict.fromkeys(str(weights.source) for weights in model.weights))


def _is_needed(model: Model, options: argparse.Namespace) -> bool:
    return bool(options.force) or not is_current(model, options.repository)
