"""Looking whether all is whole, and mending what is safe to mend. Few rows in memory at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.apps import apps

from config.keeping import checks, mending

MOST_EXAMPLES = 10  # that are told of what is wrong in one way

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Check:
    """One way in which something may be wrong."""

    find: Callable[[], Iterator[str]]  # each that is wrong, in a few words
    says: str
    mend: Callable[[], None] | None = None
    otherwise: str = ""  # what somebody has to do where it can't be mended
    slow: bool = False  # it reads every file


@dataclass(frozen=True)
class Found:
    name: str
    says: str
    found: int
    mended: int
    otherwise: str
    examples: list[str] = field(default_factory=list)

    @property
    def left(self) -> int:
        return self.found - self.mended


CHECKS: Mapping[str, Check] = {
    "originals": Check(
        checks.originals_missing,
        "photos whose original is not in the storage",
        otherwise="Send these photos again, or restore a backup.",
    ),
    "contents": Check(
        checks.originals_changed,
        "photos whose original is not what came in",
        otherwise="The disk may be failing: restore a backup.",
        slow=True,
    ),
    "pictures": Check(
        checks.pictures_missing,
        "thumbnails and pictures of faces that are not in the storage",
        mending.make_pictures,
        "They are made of the originals: these have to be there, and readable.",
    ),
    "orphans": Check(
        checks.orphans,
        "files of photos that no row knows",
        mending.remove_orphans,
        "What is younger than a day may be in use. If most are unknown, this is another database.",
    ),
    "tallies": Check(
        checks.tallies, "clusters that are counted wrong", mending.count_again, "Audit once more."
    ),
    "centroids": Check(
        checks.centroids,
        "means of clusters that are of other faces",
        mending.forget_centroids,
        "Audit once more.",
    ),
    "memberships": Check(
        checks.memberships,
        "faces that are noted in another photo than theirs",
        mending.note_photos,
        "Audit once more.",
    ),
    "spaces": Check(
        checks.dead_vectors,
        "vectors of models that are not here any more",
        mending.forget_dead_vectors,
        "No model that is here has looked at these: `manage.py faces look`, `manage.py reembed`, "
        "or put the model back. Vectors that services brought are never deleted.",
    ),
    "dimensions": Check(
        checks.dimensions,
        "vectors with another number of numbers than their space",
        otherwise="Delete them, and have these photos looked at again.",
    ),
    "indexes": Check(
        checks.indexes, "indexes of vectors that are missing", mending.build_indexes, "Try again."
    ),
    "erasures": Check(
        checks.erasures,
        "erasures and deletions that are not finished, or that a restored backup has undone",
        mending.finish_erasures,
        "Workers that began before may write still: try again in a while.",
    ),
}
COUNTED = ("config", "faces", "jobs", "photos", "search")  # apps
# What changes by itself, and what says when something was done.
_RESTLESS = {"Asking", "AuditEntry", "CleanUp", "Receiver"}


def audit(
    *, fix: bool = False, quick: bool = False, tell: Tell = lambda name: None
) -> Iterator[Found]:
    """Look in every way; `fix`: mend what can be, and look again. `quick`: read no whole files.

    Twice mends nothing more. In no transaction; the service may run.
    """
    for name, check in CHECKS.items():
        if quick and check.slow:
            continue
        tell(name)
        found, examples = _look(check)
        mended = 0
        if fix and found and check.mend:
            check.mend()
            left, examples = _look(check)
            mended = max(0, found - left)
        yield Found(name, check.says, found, mended, check.otherwise, examples)


def _look(check: Check) -> tuple[int, list[str]]:
    wrong = check.find()
    examples = list(islice(wrong, MOST_EXAMPLES))
    return len(examples) + sum(1 for _ in wrong), examples


def totals() -> dict[str, int]:
    """How many rows there are of what."""
    models: list[Any] = [
        model for app in COUNTED for model in apps.get_app_config(app).get_models()
    ]
    return {
        model._meta.label: model._default_manager.count()  # noqa: SLF001  # documented
        for model in models
        if model.__name__ not in _RESTLESS and not model._meta.proxy  # noqa: SLF001
    }
