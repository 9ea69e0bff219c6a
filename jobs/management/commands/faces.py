"""`manage.py faces WHAT`: finding, grouping and counting faces, one step or a whole pipeline."""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError
from psycopg.errors import UndefinedColumn, UndefinedTable

from faces.clustering import Method
from faces.errors import FaceError, GroupingBusy
from faces.grouping import POOL
from inference.errors import InferenceError
from jobs import collection
from jobs.errors import JobError
from jobs.face_steps import ENSURE, PIPELINES, STEPS
from jobs.maintenance import to_the_end
from jobs.management.bars import Watch, bar
from jobs.steps import Outcome
from photos.errors import ServingError
from photos.models import Owner
from search.errors import SearchError

KNOWN_ERRORS = (FaceError, JobError, InferenceError, SearchError, ServingError)
AGAIN, STOPPED = 75, 130  # exit codes: try again later (EX_TEMPFAIL); interrupted, as shells do
_LOOK_AGAIN_S = 0.5
_QUIET_S = 15.0  # something waits, and nobody works on it
_STUCK = (
    "Nothing gets done: is a worker running (`make up`, or `make worker`), and the queue not "
    "paused? The job waits for one; this may be stopped, and run again."
)


@dataclass
class Work:
    """What is done with the faces of an owner, so far."""

    owner: Owner
    told: dict[str, Any] = field(default_factory=dict)  # what came of each step
    failure: Exception | None = None  # what stopped the others
    step: str = ""  # that failed

    def __str__(self) -> str:
        return f"{self.owner.subject}: {self.step}: {self.failure}"

    def as_json(self, shared: Mapping[str, Any]) -> dict[str, Any]:
        told = {"owner": self.owner.subject, **shared, **self.told}
        if self.failure:
            told["error"] = {"step": self.step, **_error(self.failure)}
        return told


class Command(BaseCommand):
    help = (
        "Find, match, cluster and count faces. Whatever is stopped goes on where it was when it is "
        "run again. Exit codes: 0 done, 1 refused, 2 wrong arguments, 75 try again later."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        whats = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
        does = "have the tables, and the active model's space with its index"
        _add_json(whats.add_parser(ENSURE, help=does, description=does))
        for name, step in STEPS.items():
            one = whats.add_parser(name, help=step.does, description=step.does)
            _add(one, step.takes, with_owner=not step.for_all)
            if step.ask:
                one.add_argument("--queue", action="store_true", help="as a job: do not wait")
        for name, steps in PIPELINES.items():
            does = " → ".join((ENSURE, *steps))
            taken = [each for step in steps for each in STEPS[step].takes]
            _add(whats.add_parser(name, help=does, description=does), taken, with_owner=True)

    def handle(self, *, what: str, **options: Any) -> None:
        given = {name: value for name, value in options.items() if value is not None}
        try:
            self._work(what, given)
        except OperationalError as exc:
            raise CommandError(f"The database gives no answer: {exc}", returncode=AGAIN) from exc
        except ProgrammingError as exc:
            if isinstance(exc.__cause__, UndefinedTable | UndefinedColumn):
                raise CommandError(
                    "Tables are missing: `manage.py faces ensure-collection`."
                ) from exc
            raise
        except KeyboardInterrupt as exc:
            raise CommandError(
                "Stopped. Run it again, and it goes on where it was.", returncode=STOPPED
            ) from exc

    def _work(self, what: str, given: Mapping[str, Any]) -> None:
        steps = _steps(what, only_tell=given.get("dry_run", False))
        shared: dict[str, Any] = {}  # what came of what is done once for all owners
        if what == ENSURE or (what in PIPELINES and not given.get("dry_run")):
            shared[ENSURE] = _ensured()
            self._say(ENSURE, shared[ENSURE], given)
        works = [Work(owner) for owner in _owners(given.get("owner"))] if steps else []
        for name in steps:
            if STEPS[name].for_all:
                shared[name] = self._for_all(name, works[0].owner, given, alone=what == name)
            else:
                self._for_each(name, works, given)
        if given["json"]:
            alone = set(steps) <= shared.keys()
            rows = [shared] if alone else [work.as_json(shared) for work in works]
            self.stdout.write("\n".join(map(json.dumps, rows)))
        _check(works)

    def _for_all(
        self, name: str, owner: Owner, given: Mapping[str, Any], *, alone: bool
    ) -> Outcome:
        """In a pipeline a refusal is told, and all goes on with what is there."""
        try:
            told = self._done(name, owner, given)
        except KNOWN_ERRORS as exc:
            if alone or _passes(exc):
                code = AGAIN if _passes(exc) else 1
                raise CommandError(f"{name}: {exc}", returncode=code) from exc
            told = {"done": False, **_error(exc)}
        self._say(name, told, given)
        return told

    def _for_each(self, name: str, works: Sequence[Work], given: Mapping[str, Any]) -> None:
        """What goes wrong for one owner stops no other."""
        for work in works:
            if work.failure:
                continue
            try:
                work.told[name] = self._done(name, work.owner, given)
            except KNOWN_ERRORS as exc:
                work.failure, work.step = exc, name
            else:
                self._say(f"{work.owner.subject}: {name}", work.told[name], given)

    def _done(self, name: str, owner: Owner, given: Mapping[str, Any]) -> Outcome:
        step = STEPS[name]
        if given.get("queue"):
            return step.queued(owner, given)
        with bar(name if step.for_all else f"{owner.subject}: {name}") as tell:
            watch = Watch(tell, lambda: self.stderr.write(_STUCK), _QUIET_S)
            return _patient(lambda: to_the_end(step.begun(owner, given), watch), given["wait"])

    def _say(self, what: str, outcome: Outcome, given: Mapping[str, Any]) -> None:
        if not given["json"]:
            self.stdout.write(f"{what}: {', '.join(_words(outcome))}")


def _ensured() -> Outcome:
    try:
        return collection.ensure()
    except KNOWN_ERRORS as exc:
        raise CommandError(f"{ENSURE}: {exc}") from exc


def _steps(what: str, *, only_tell: bool) -> Sequence[str]:
    """After ENSURE. Where nothing may change, only those that can tell what would."""
    if what == ENSURE:
        return ()
    steps = PIPELINES.get(what, (what,))
    telling = [name for name in steps if name == "stats" or "dry_run" in STEPS[name].takes]
    return telling if only_tell else steps


def _owners(subject: str | None) -> list[Owner]:
    """One at least."""
    owners = Owner.objects.order_by("pk")
    found = list(owners if subject is None else owners.filter(subject=subject))
    if not found and subject is None:
        raise CommandError("There are no owners yet: have photos processed first.")
    if not found:
        raise CommandError(f"There is no owner {subject!r}.")
    return found


def _check(works: Sequence[Work]) -> None:
    failed = [work for work in works if work.failure]
    if failed:
        code = AGAIN if all(_passes(work.failure) for work in failed) else 1
        raise CommandError("\n".join(map(str, failed)), returncode=code)


def _error(error: Exception) -> dict[str, str]:
    return {"code": str(getattr(error, "code", "error")), "detail": str(error)}


def _passes(error: Exception | None) -> bool:
    """Whether another try may go better."""
    return bool(getattr(error, "retryable", False))


def _patient(do: Callable[[], Outcome], for_s: float) -> Outcome:
    """Do it; while somebody else groups the owner's faces, try again for `for_s`."""
    until = time.monotonic() + for_s
    while True:
        try:
            return do()
        except GroupingBusy:
            if time.monotonic() >= until:
                raise
            time.sleep(_LOOK_AGAIN_S)


def _words(outcome: Mapping[str, Any], within: str = "") -> Iterator[str]:
    """What came of a step, for people: lists are only counted."""
    for name, value in outcome.items():
        if isinstance(value, dict):
            yield from _words(value, f"{within}{name}.")
        else:
            shown = len(value) if isinstance(value, list) else value
            yield f"{within}{name} {'-' if shown in (None, '') else shown}"


# --- Options -------------------------------------------------------------------------------------


def _add(parser: argparse.ArgumentParser, taken: Sequence[str], *, with_owner: bool) -> None:
    if with_owner:
        parser.add_argument("--owner", metavar="SUBJECT", help="whose faces; default: everybody's")
    for name, (kind, words) in _OPTIONS.items():
        if name in taken:
            needed = name == "matcher"
            parser.add_argument(
                _flag(name), type=kind, metavar=name.upper(), help=words, required=needed
            )
    if "unknown_method" in taken:
        methods = [each.value for each in Method]
        parser.add_argument("--unknown-method", choices=methods, help="how the rest is clustered")
    if "dry_run" in taken:
        parser.add_argument("--dry-run", action="store_true", help="only tell what would change")
    parser.add_argument(
        "--wait",
        type=_between(float, 0, 86_400),
        default=60.0,
        metavar="SECONDS",
        help="for whoever groups these faces at the moment; default: %(default)s",
    )
    _add_json(parser)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="a line of JSON for each owner")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _between(kind: type[int] | type[float], least: float, most: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} does not lie between {least} and {most}")
        return value

    return number


_OPTIONS: Mapping[str, tuple[Callable[[str], float | str], str]] = {
    "limit": (_between(int, 1, 2**31 - 1), "photos that faces are looked for on, at most"),
    "max_faces": (_between(int, 1, POOL), "faces that are looked at, the best ones"),
    "person_threshold": (
        _between(float, 0.01, 0.999),
        "score from which on a face is a known person's; default: FACE_PERSON_MATCH_THRESHOLD",
    ),
    "min_cluster_size": (
        _between(int, 2, 100),
        "faces of a new cluster; default: FACE_UNKNOWN_MIN_CLUSTER_SIZE",
    ),
    "epochs": (_between(int, 1, 10_000), "of training; default: FACE_TRAINING_EPOCHS"),
    "margin": (_between(float, 0, 4), "of the triplets; default: FACE_TRIPLET_MARGIN"),
    "min_faces": (_between(int, 2, 10_000), "confirmed faces of a person who is trained on"),
    "matcher": (str, "id of the training, or the name of the head's model"),
}
