"""Whether a rewritten model says what its original says."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from export import ExportError
from export.kinds import Answers, Array, Converted
from export.sessions import Session

BATCHES = (1, 3)
SEED = 0  # of the noise


def measure(converted: Converted, rewritten: Session) -> dict[str, float]:
    """The largest difference of each output, on real samples and noise, one by one and batched.

    Infinite where the two do not even find the same number of things.
    """
    batch = _with_noise(converted.samples)
    right = [converted.original(item) for item in items(batch)]
    worst = dict.fromkeys(right[0], 0.0)
    for size in BATCHES:
        for name, difference in _differences(right, _served(converted, rewritten, batch, size)):
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


def items(batch: Answers) -> Iterator[Answers]:
    """What a batch holds, one by one, without the batch's axis."""
    for values in zip(*batch.values(), strict=True):
        yield dict(zip(batch, values, strict=True))


def _with_noise(samples: Answers) -> Answers:
    """Pictures once more as noise. What is not a picture has no noise: tokens must make sense."""
    if any(values.dtype != np.uint8 for values in samples.values()):
        return samples
    noise = np.random.default_rng(SEED)
    return {
        name: np.concatenate([values, noise.integers(0, 256, values.shape, dtype=np.uint8)])
        for name, values in samples.items()
    }


def _served(converted: Converted, model: Session, batch: Answers, size: int) -> list[Answers]:
    count = len(next(iter(batch.values())))
    parts = (
        {name: values[start : start + size] for name, values in batch.items()}
        for start in range(0, count, size)
    )
    return [answer for part in parts for answer in converted.served(model(part))]


def _differences(right: Sequence[Answers], given: Sequence[Answers]) -> list[tuple[str, float]]:
    return [
        (name, _difference(one[name], other[name]))
        for one, other in zip(right, given, strict=True)
        for name in one
    ]


def _difference(one: Array, other: Array) -> float:
    if one.shape != other.shape:
        return float("inf")
    return float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max(initial=0))
