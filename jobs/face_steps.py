"""What can be done with an owner's faces on request, and which steps make a pipeline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings

from faces import centroids, matchers, statistics
from faces.errors import NothingFound
from faces.people import clearing
from jobs import backfill, looking, maintenance, naming, services
from jobs.clustering import current_space
from jobs.following import follow, outcome_of, unfinished
from jobs.models import Job
from jobs.steps import Outcome, Steps, Task, user_of
from photos.models import Owner, Space

ENSURE = "ensure-collection"  # asks for no owner: it may be that there are no tables yet
TRAIN = "train-matching"
Ask = Callable[[Owner, Mapping[str, Any]], Job | None]
_GROUPING = (
    "max_faces", "person_threshold", "unknown_method", "min_cluster_size", "dry_run",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """Something that can be done with the faces of an owner."""

    does: str  # for --help
    do: Task
    takes: tuple[str, ...] = ()  # names of its arguments
    ask: Ask | None = None  # for a job that does it, where there is one
    for_all: bool = False  # once, for all owners

    def begun(self, owner: Owner, arguments: Mapping[str, Any]) -> Steps:
        """The steps of it. Arguments that it does not take are left out."""
        return self.do(owner, self._known(arguments), {})

    def queued(self, owner: Owner, arguments: Mapping[str, Any]) -> Outcome:
        """Ask for a job that does it, and wait for nothing. `job` is None: nothing is to do.

        Raises:
            NothingFound, JobError: as begun().
        """
        assert self.ask  # noqa: S101  # offered only where there is one
        job = self.ask(owner, self._known(arguments))
        return {"job": job and str(job.pk)}

    def _known(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in arguments.items() if name in self.takes}


def _task(kind: Job.Kind) -> Task:
    """What a worker does as a job of this kind, done here."""

    def do(owner: Owner, arguments: Mapping[str, Any], before: Outcome) -> Steps:
        _space()
        return (yield from maintenance.TASKS[kind](owner, arguments, before))

    return do


def _job(kind: Job.Kind) -> Ask:
    return partial(_submitted, kind)


def _submitted(kind: Job.Kind, owner: Owner, arguments: Mapping[str, Any]) -> Job:
    _space()
    return services.submit_task(owner, kind, arguments)


def _space() -> Space:
    """
    Raises:
        NothingFound: no face was found in any photo.
    """
    if space := current_space():
        return space
    raise NothingFound("No face was found in any photo yet: have photos processed, then ask again.")


def _clear(owner: Owner, arguments: Mapping[str, Any], _before: Outcome) -> Steps:
    yield from ()
    by, dry_run = user_of(arguments), arguments.get("dry_run", False)
    cleared = clearing.clear(owner, dry_run=dry_run, by=by)
    return lambda: vars(cleared)


def _renew(owner: Owner, _arguments: Mapping[str, Any], _before: Outcome) -> Steps:
    yield from ()
    space = _space()
    centroids.renew(owner)
    count = len(centroids.of(owner, space))
    return lambda: {"clusters": count}


def _count(owner: Owner, _arguments: Mapping[str, Any], _before: Outcome) -> Steps:
    yield from ()
    return lambda: statistics.statistics(owner, current_space())


def _train(owner: Owner, arguments: Mapping[str, Any], _before: Outcome) -> Steps:
    """By a worker, as that has the model server which moves the vectors."""
    job = yield from follow(_training(owner, arguments))
    return lambda: outcome_of(job)


def _training(owner: Owner, arguments: Mapping[str, Any]) -> Job:
    """One that is not done yet, or a new one."""
    before = unfinished(Job.objects.filter(kind=Job.Kind.TRAIN))
    return before or _submitted(Job.Kind.TRAIN, owner, arguments)


def _activate(owner: Owner, arguments: Mapping[str, Any], _before: Outcome) -> Steps:
    job = yield from follow(_activating(owner, arguments))
    return lambda: outcome_of(job)


def _activating(owner: Owner, arguments: Mapping[str, Any]) -> Job:
    """
    Raises:
        MatcherMissing, MatcherNotKept: there is no head that could be used.
    """
    matchers.kept(settings.TRAININGS_ROOT, arguments["matcher"])
    return _submitted(Job.Kind.TRAIN, owner, arguments)


STEPS: Mapping[str, Step] = {
    "backfill": Step(
        "have faces found on photos where the active models have not looked, and wait for it",
        backfill.backfill,
        ("limit", "dry_run"),
        backfill.ask,
    ),
    "look": Step(
        "give vectors to faces that have none, on photos where the active models have looked",
        looking.look,
        ("dry_run",),
        lambda owner, _arguments: looking.ask(owner),
    ),
    "read-names": Step(
        "give faces the names in the files of photos that were stored before these were read",
        naming.read_names,
        ("limit", "dry_run"),
        naming.ask,
    ),
    "cluster": Step(
        "match faces of no cluster with those who are known, and cluster the rest",
        _task(Job.Kind.CLUSTER),
        _GROUPING,
        _job(Job.Kind.CLUSTER),
    ),
    "cluster-dual": Step(
        "match faces with people (person_…), and cluster the rest (unknown_cluster_…)",
        _task(Job.Kind.DUAL),
        _GROUPING,
        _job(Job.Kind.DUAL),
    ),
    "assign": Step(
        "only match faces of no cluster with those who are known",
        _task(Job.Kind.ASSIGN),
        ("max_faces", "person_threshold", "dry_run"),
        _job(Job.Kind.ASSIGN),
    ),
    "recluster": Step(
        "cluster all faces anew; ids, names and what somebody has said stay",
        _task(Job.Kind.RECLUSTER),
        _GROUPING,
        _job(Job.Kind.RECLUSTER),
    ),
    "centroids": Step("compute the means of all clusters anew", _renew),
    "clear": Step(
        "take back what clustering has made, and nothing that somebody has said or named",
        _clear,
        ("dry_run",),
    ),
    "stats": Step("say how far the naming of faces is, in numbers", _count),
    TRAIN: Step(
        "have a head trained on all faces that are confirmed, and wait for it",
        _train,
        ("epochs", "margin", "min_faces"),
        _training,
        for_all=True,
    ),
    "activate-matcher": Step(
        "have faces compared by a head that was trained, and wait for it",
        _activate,
        ("matcher",),
        _activating,
        for_all=True,
    ),
}
PIPELINES: Mapping[str, Sequence[str]] = {  # after ENSURE
    "pipeline": ("backfill", "cluster", "assign", "centroids", "stats"),
    "pipeline-dual": ("backfill", "cluster-dual", "stats"),
    "pipeline-full": ("backfill", "cluster-dual", TRAIN, "recluster", "stats"),
}
