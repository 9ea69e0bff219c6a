"""One order of several: photos that stand high in many lists come first."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)

K = 60  # how little the first places of a list count more than those after them


def fused(
    lists: Sequence[Sequence[Item]], weights: Sequence[float] | None = None
) -> dict[Item, float]:
    """The score of whatever stands in one of `lists`, each best first: more is better.

    Source: reciprocal rank fusion; Cormack, Clarke and Büttcher, SIGIR 2009.
    """
    scores: dict[Item, float] = {}
    for ranked, weight in zip(lists, weights or [1.0] * len(lists), strict=True):
        for rank, item in enumerate(ranked, start=1):
            scores[item] = scores.get(item, 0.0) + weight / (K + rank)
    return scores
