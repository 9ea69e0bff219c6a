"""One order of several: what stands high in many lists comes first."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)

K = 10  # how little the first places of a list count more than those after them


def fused(lists: Sequence[Mapping[Item, float]]) -> dict[Item, float]:
    """The score of whatever stands in one of `lists`, each best first: more is better.

    Each item has a weight in its list, of 0 to 1: how much its place there says.

    Source: reciprocal rank fusion; Cormack, Clarke and Büttcher, SIGIR 2009.
    """
    scores: dict[Item, float] = {}
    for ranked in lists:
        for rank, (item, weight) in enumerate(ranked.items(), start=1):
            scores[item] = scores.get(item, 0.0) + weight / (K + rank)
    return scores
