"""Questions as the review page draws them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from faces.models import Face
from faces.review.others import others
from faces.review.questions import Kind, Question, Side
from faces.review.sittings import Answer
from photos.models import Photo

OTHERS_SHOWN = 8  # faces beside the one that is asked about

KINDS: dict[Kind, StrOrPromise] = {
    Kind.SAME: _("May be one"),
    Kind.MERGES: _("Very likely one"),
    Kind.ASSIGNMENTS: _("Matched, just so"),
    Kind.MIXED: _("Two in one cluster"),
}
REASONS: dict[Kind, StrOrPromise] = {
    Kind.SAME: _("They are alike, but not enough to be taken for one person."),
    Kind.MERGES: _("They are as alike as one person is, and yet apart."),
    Kind.ASSIGNMENTS: _("This face was matched by its looks; nobody has confirmed it."),
    Kind.MIXED: _("The faces of this cluster fall into two that are not alike."),
}
DONE: dict[tuple[Kind, Answer], StrOrPromise] = {
    (Kind.SAME, Answer.YES): _("They are one person now."),
    (Kind.SAME, Answer.NO): _("They stay two, for good."),
    (Kind.MERGES, Answer.YES): _("They are one person now."),
    (Kind.MERGES, Answer.NO): _("They stay two, for good."),
    (Kind.ASSIGNMENTS, Answer.YES): _("The face is confirmed."),
    (Kind.ASSIGNMENTS, Answer.NO): _("The face is not theirs any more, for good."),
    (Kind.MIXED, Answer.YES): _("They are one person: that is not asked again."),
    (Kind.MIXED, Answer.NO): _("The cluster is split."),
}


@dataclass(frozen=True)
class Shown:
    """A side: its face, the photo with all of it, and others of the same group."""

    face: Face
    photo: Photo
    count: int
    others: Sequence[Face]


@dataclass(frozen=True)
class Asked:
    """A question, and what its answers do."""

    question: Question
    kind: Kind
    sides: Sequence[Shown]
    yes: StrOrPromise
    no: StrOrPromise

    @property
    def reason(self) -> StrOrPromise:
        return REASONS[self.kind]

    @property
    def percent(self) -> int:
        return round(100 * self.question.score)

    @property
    def pairs(self) -> int:
        """Of faces that an answer settles, about; 0: that is not what it is worth."""
        return 0 if self.kind is Kind.ASSIGNMENTS else round(self.question.settles)


def asked(questions: Sequence[Question], kind: Kind) -> list[Asked]:
    """All that is shown of `questions`, in four queries."""
    faces = [side.seen for each in questions for side in (each.first, each.second)]
    prefetch_related_objects(faces, "photo__place")
    more = others(questions, OTHERS_SHOWN)
    return [
        Asked(
            question,
            kind,
            [
                _shown(question.first, more[question.key, False]),
                _shown(question.second, more[question.key, True]),
            ],
            *_effects(question, kind),
        )
        for question in questions
    ]


def _shown(side: Side, others: Sequence[Face]) -> Shown:
    return Shown(side.seen, side.seen.photo, side.count, others)


def _effects(question: Question, kind: Kind) -> tuple[StrOrPromise, StrOrPromise]:
    """What a yes does, and what a no does."""
    one, other = question.first.seen.person, question.second.seen.person
    if kind is Kind.ASSIGNMENTS:
        theirs = _("Takes it out, for good") if other else _("Takes it out")
        return _("Confirms the face"), theirs
    if kind is Kind.MIXED:
        return _("Leaves the cluster whole"), _("Splits the cluster in two")
    if one and other:
        merges = _("Merges the two people: %(name)s stays, %(other)s becomes an alias")
        return merges % {"name": one.name, "other": other.name}, _("Keeps them apart")
    if named := one or other:
        gives = _("Gives the cluster to %(name)s")
        return gives % {"name": named.name}, _("Keeps them apart")
    return _("Merges the two clusters"), _("Keeps them apart")
