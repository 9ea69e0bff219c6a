"""What a task of a worker is, that is no photo: steps, and what came of them."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from photos.models import Owner

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
