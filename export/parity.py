"""Whether a rewritten model says what its original says."""

from collections.abc import Mapping, Sequence

import numpy as np

from export import ExportError
from export.kinds import Answers, Array, Kind
from export.sessions import Session

BATCHES = (1, 3)
SEED = 0  # of the noise


def measure(kind: Kind, original: Session, rewritten: Session, photos: Array) -> dict[str, float]:
    """The largest difference of each output, over photos and noise, one by one and batched.

    Infinite where the two do not even find the same number of things.
    """
    noise = np.random.default_rng(SEED).integers(0, 256, photos.shape, dtype=photos.dtype)
    images = np.concatenate([photos, noise])
    right = [kind.original(original, image) for image in images]
    worst = {tensor.name: 0.0 for tensor in kind.outputs}
    for size in BATCHES:
        for name, difference in _differences(right, _served(kind, rewritten, images, size)):
            worst[name] = max(worst[name], difference)
    return worst


def check(name: str, differences: Mapping[str, float], tolerance: Mapping[str, float]) -> None:
    """
    Raises:
        ExportError: one of the differences is beyond its tolerance.
    """
    for output, difference in differences.items():
        if not difference <= tolerance[output]:
            raise ExportError(
                f"{name}: {output} differs from the original's by {difference:.2g}, "
                f"more than {tolerance[output]:g}. It is not published."
            )


def _served(kind: Kind, rewritten: Session, images: Array, size: int) -> list[Answers]:
    batches = [images[start : start + size] for start in range(0, len(images), size)]
    return [answer for batch in batches for answer in kind.served(rewritten(batch))]


def _differences(right: Sequence[Answers], given: Sequence[Answers]) -> list[tuple[str, float]]:
    return [
        (name, _difference(one[name], other[name]))
        for one, other in zip(right, given, strict=True)
        for name in one
    ]


def _difference(one: Array, other: Array) -> float:
    if one.shape != other.shape:
        return float("inf")
    return float(np.abs(one - other).max(initial=0))
