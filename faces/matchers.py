"""The heads that were trained here: one folder a training, with its report and its pictures.

A head that is published is a model of the repository as well: one of the same sha256.
"""

import json
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from faces.errors import (
    MatcherMissing,
    MatcherNotKept,
    MatcherOutdated,
    TrainingBusy,
    TrainingFailed,
)
from photos.locks import LockTaken, one_at_a_time
from photos.models import Role, ServedModel, Space

ROLE, OF_ROLE = "face_matcher", "face_embedder"
ID = r"[0-9]{8}T[0-9]{6}-[0-9a-f]{6}"  # when it was begun, UTC
NAME = rf"{ID}|{ROLE}\.[A-Za-z0-9][A-Za-z0-9._-]{{0,79}}"  # or the served name of a head
PLOTS = ("loss", "separation")  # PNG files of a training
_MOMENT = "%Y%m%dT%H%M%S"
_UNFINISHED = ".unfinished-"
_LOCK = 4_714  # ours among PostgreSQL's advisory locks
_MOST = 100  # that are listed
_BUSY = "Another training is running: ask again when it is done."

GoingOn = Callable[[], Collection[str]]  # trainings (ids) that have begun, and have not ended


@dataclass(frozen=True)
class Matcher:
    """A head, and what the report of its training says."""

    id: str
    report: Mapping[str, Any]
    model: ServedModel | None  # if it is in the repository
    active: bool

    @property
    def created_at(self) -> datetime:
        return datetime.strptime(self.id.partition("-")[0], _MOMENT).replace(tzinfo=UTC)

    @property
    def kept(self) -> bool:
        return bool(self.report["kept"])

    @property
    def reason(self) -> str:
        return str(self.report["reason"])


def new_id() -> str:
    return f"{timezone.now().astimezone(UTC):{_MOMENT}}-{secrets.token_hex(3)}"


def listed(folder: Path) -> tuple[list[Matcher], list[TrainingFailed]]:
    """The newest trainings of `folder`, newest first; and those whose reports are damaged.

    Two queries.
    """
    names = [each.name for each in folder.glob("*/") if re.fullmatch(ID, each.name)]
    models, found, damaged = _models(), list[Matcher](), list[TrainingFailed]()
    for name in sorted(names, reverse=True)[:_MOST]:
        try:
            found.append(_matcher(folder, name, models))
        except TrainingFailed as exc:
            damaged.append(exc)
    return found, damaged


def find(folder: Path, name: str) -> Matcher:
    """The training called `name`; or the head of the repository, wherever it was trained.

    Raises:
        MatcherMissing: there is none.
    """
    published = ServedModel.objects.filter(role=ROLE, name=name).with_active().first()
    if published:  # only what is kept gets there
        report = {"kept": True, "reason": ""}
        return Matcher(name, report, published, active=published.is_active)
    if not re.fullmatch(ID, name) or not (folder / name).is_dir():
        raise MatcherMissing(f"There is no training {name!r}.")
    return _matcher(folder, name, _models())


def kept(folder: Path, name: str) -> Matcher:
    """As find(), for those who want to use it.

    Raises:
        MatcherMissing: there is none.
        MatcherNotKept: it makes nothing better.
    """
    found = find(folder, name)
    if not found.kept:
        raise MatcherNotKept(f"The head {found.id} is not used. {found.reason}")
    return found


def plot(folder: Path, name: str, which: str) -> Path:
    """The PNG file of a training that shows `which` of PLOTS.

    Raises:
        MatcherMissing: there is none.
    """
    file = folder / name / f"{which}.png"
    if not re.fullmatch(ID, name) or which not in PLOTS or not file.is_file():
        raise MatcherMissing(f"There is no training {name!r} with a picture of its {which}.")
    return file


@contextmanager
def alone(folder: Path, name: str, going_on: GoingOn) -> Iterator[Path]:
    """A place in `folder` for what the training `name` needs and nobody keeps: vectors of faces.

    It is gone after the block. Only a generator that is closed in it leaves it there, for when
    the training goes on. One at a time; what nobody goes on with any more is gone as well.

    Raises:
        TrainingBusy: another one is running, or has begun and will go on.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked():
        others = {*going_on()} - {name}
        for left in _left(folder, {name, *others}):
            shutil.rmtree(left, ignore_errors=True)
        if any(_place(folder, each).exists() for each in others):
            raise TrainingBusy(_BUSY)
        place, stays = _place(folder, name), False
        place.mkdir(mode=0o700, exist_ok=True)
        try:
            yield place
        except GeneratorExit:
            stays = True
            raise
        finally:
            if not stays:
                shutil.rmtree(place)


def tidy(folder: Path, going_on: GoingOn, *, dry_run: bool = False) -> int:
    """Remove what trainings have left that nobody goes on with; returns how many those are.

    Raises:
        TrainingBusy: one is running, which is about to do so.
    """
    with _locked():
        left = _left(folder, going_on())
        for each in left if not dry_run else ():
            shutil.rmtree(each, ignore_errors=True)
    return len(left)


@contextmanager
def _locked() -> Iterator[None]:
    try:
        with one_at_a_time(_LOCK, timeout_s=0):
            yield
    except LockTaken as exc:
        raise TrainingBusy(_BUSY) from exc


def _place(folder: Path, name: str) -> Path:
    return folder / f"{_UNFINISHED}{name}"


def _left(folder: Path, names: Collection[str]) -> list[Path]:
    """What is there of other trainings than those of these `names`."""
    stay = {_place(folder, name) for name in names}
    return [each for each in sorted(folder.glob(f"{_UNFINISHED}*")) if each not in stay]


def check_takes(model: ServedModel) -> None:
    """
    Raises:
        MatcherOutdated: the head takes the vectors of an embedder that is not active.
    """
    takes = model.manifest.get("parameters", {}).get("takes")
    active = Role.objects.filter(name=OF_ROLE).values_list("active__space", flat=True).first()
    if takes != active:
        raise MatcherOutdated(
            gettext(
                "%(head)s was trained for vectors of %(takes)s, and %(active)s is active: train "
                "again."
            )
            % {"head": model.name, "takes": takes, "active": active}
        )


def embedder_space() -> Space | None:
    """That of the active embedder itself, whatever head is behind it. None: it has no vectors."""
    active = Role.objects.filter(name=OF_ROLE).values("active__space")
    return Space.objects.filter(name__in=active).first()


def _models() -> list[tuple[ServedModel, str]]:
    """The heads in the repository with their sha256, oldest first; the active one is marked."""
    models = ServedModel.objects.filter(role=ROLE).with_active().order_by("pk")
    return [
        (model, str(each.get("sha256")))
        for model in models
        for each in model.manifest.get("weights", [])
    ]


def _matcher(folder: Path, name: str, models: list[tuple[ServedModel, str]]) -> Matcher:
    """
    Raises:
        TrainingFailed: the training's report can't be read.
    """
    try:
        report = json.loads((folder / name / "report.json").read_text())
        sha256 = report["model_sha256"]
        _ = report["kept"], report["reason"]
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise TrainingFailed(f"{name}: the report of this training is damaged.") from exc
    model = next((model for model, digest in models if digest == sha256), None)
    return Matcher(name, report, model, active=bool(model and model.is_active))
