"""What follows from an answer: the services that change people, as callers of the API have them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.contrib.auth.models import User

from faces.models import Cluster, Face, Person
from faces.people import linking, merging, placing
from faces.review.questions import Kind, Question
from photos.models import Owner

Act = Callable[[], Any]  # makes an edit, or none if there is nothing to be changed


def acts_of(
    owner: Owner, kind: Kind, question: Question, *, same: bool, by: User | None
) -> Sequence[Act]:
    """What is to be done, in this order, where somebody says whether two are one person.

    Two groups become one person's, or are remembered as two. A face that was matched is confirmed,
    or never theirs again. A cluster of two is split, or not asked about any more.
    """
    one, other = question.first.seen, question.second.seen
    said = partial(placing.answer, owner, one.pk, other.pk, same=same, by=by)
    match kind, same:
        case ((Kind.SAME | Kind.MERGES), True):
            return [said, partial(_join, owner, one, other, by)]
        case Kind.ASSIGNMENTS, True:
            return [partial(placing.confirm, owner, [other.pk], by=by)]
        case Kind.ASSIGNMENTS, False if other.person:
            return [partial(placing.reject, owner, [other.pk], other.person, by=by)]
        case Kind.MIXED, False:
            return [partial(placing.split, _cluster(other), question.second.faces, by=by)]
    return [said]


def _join(owner: Owner, one: Face, other: Face, by: User | None) -> None:
    """Have all faces of both groups be one person's: the first one's name stays."""
    cluster, second = _cluster(one), _cluster(other)
    match one.person, other.person:
        case None, None:
            merging.merge(owner, cluster.public_id, [second.public_id], by=by)
        case Person() as person, None:
            linking.give_cluster(second, person, by=by)
        case None, Person() as person:
            linking.give_cluster(cluster, person, by=by)
        case Person() as person, Person() as also:
            merging.merge_people(owner, person, [also], by=by)


def _cluster(face: Face) -> Cluster:
    assert face.cluster  # noqa: S101  # of a group
    return face.cluster
