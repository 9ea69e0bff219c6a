"""Where a page of results ends, so that the next one begins there."""

import hashlib
from dataclasses import astuple, dataclass
from typing import Self

from django.core import signing

from search.errors import CursorInvalid

_SALT = "search"
_ADVICE = "Take `next` of the page before as it is, with the same question."


@dataclass(frozen=True)
class Cursor:
    """After which hit a page begins, and which photos there were when the first page was shown."""

    asked: str  # digest of the question
    newest: int  # photos with a greater key came later: they are in no page
    position: float | str  # of the last hit: its score, or when it was taken in ISO 8601
    photo: int  # of the last hit

    def written(self) -> str:
        return signing.dumps(astuple(self), salt=_SALT, compress=True)

    @classmethod
    def read(cls, text: str, *, asked: str) -> Self:
        """
        Raises:
            CursorInvalid: it is none, or of another question.
        """
        try:
            cursor = cls(*signing.loads(text, salt=_SALT))
        except (signing.BadSignature, TypeError, ValueError) as exc:
            raise CursorInvalid(f"cursor: this is none of ours. {_ADVICE}") from exc
        if cursor.asked != asked:
            raise CursorInvalid(f"cursor: it is of another question. {_ADVICE}")
        return cursor


def digest(*asked: object) -> str:
    """The same for what has the same representation."""
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:16]
