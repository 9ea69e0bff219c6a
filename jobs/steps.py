"""What a task of a worker is, that is no photo: steps, and what came of them."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.contrib.auth.models import User

from inference.errors import InferenceError
from photos.errors import PhotoError
from photos.models import Owner, Photo

Outcome = dict[str, Any]  # what came of it, as JSON


@dataclass(frozen=True)
class Progress:
    """Steps that are done, of how many, and what came of them."""

    done: int
    total: int
    outcome: Outcome | None = None
    pausable: bool = True  # False: what is half done would be lost


# Takes the owner, the job's arguments, and the outcome of the steps before, if it goes on. Yields
# how far it is after each step, and returns the last one, which is done in the transaction that
# ends the item. Killed anywhere and begun anew, or done twice, it leaves the same rows. Closed, it
# may go on later; where it is cancelled, that is raised in it.
Last = Callable[[], Outcome]
Steps = Generator[Progress, None, Last]
Task = Callable[[Owner, Mapping[str, Any], Outcome], Steps]


def user_of(arguments: Mapping[str, Any]) -> User | None:
    """Who has asked for it, by the key in `by`, if that is known."""
    by = arguments.get("by")
    return None if by is None else User.objects.filter(pk=by).first()


@dataclass(kw_only=True)
class Tally:
    """The photos that a task has been through, and those of them that could not be read."""

    MOST_FAILURES: ClassVar[int] = 100  # that are told one by one

    photos: int = 0
    failed: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)  # the first of them
    last_photo: int = 0  # primary key

    def count(self, photo: Photo) -> None:
        self.photos, self.last_photo = self.photos + 1, photo.pk

    def fail(self, photo: Photo, error: PhotoError | InferenceError) -> None:
        self.failed += 1
        told = [*self.failures, {"photo": photo.pk, "code": error.code}]
        self.failures = told[: self.MOST_FAILURES]
