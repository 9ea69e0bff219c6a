"""All questions of a kind, the ones first that settle most."""

from faces.review.assignments import assignments
from faces.review.mixed import mixed
from faces.review.pairs import pairs
from faces.review.questions import Kind, Question
from photos.models import Owner, Space


def questions(owner: Owner, space: Space, kind: Kind) -> list[Question]:
    """At most MOST; none that somebody has answered. A fixed number of queries."""
    match kind:
        case Kind.SAME | Kind.MERGES:
            return pairs(owner, space, kind)
        case Kind.ASSIGNMENTS:
            return assignments(owner, space)
        case Kind.MIXED:
            return mixed(owner, space)
