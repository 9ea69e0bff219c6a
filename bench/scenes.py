"""Made-up photos as vectors, of as many as one likes, and what is asked of them.

As libraries are: photos are of events, most of some shots and a few of hundreds, and events are of
themes, a few of which most photos have. All photos have something in common. What is asked is like
a photo, or like a theme that somebody put into words: words lie apart from all photos, as they do
in the spaces of models of both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from inference.arrays import Array

DIMENSION = 384  # as the packaged encoder's
_SHOTS, _MOST_SHOTS = 2.3, 500  # of an event: the logarithm of the median, and the most
_THEMES = 500  # there are as many photos for each theme in the mean
_THEME = 0.8  # cosine of an event with its theme
_SHOT, _VARIETY = 0.75, 0.12  # cosine of a photo with its event: mean and spread
_COMMON = 0.5  # how much all photos have in common: two of them have a cosine of .2 in the mean
_NOISE = 0.25  # of a photo that is like another
_WORDS = (0.8, 0.4, 0.4, 1.0)  # in words: a theme, another, what is no theme, and being words
_DECAY = 32.0  # dimensions, after which the spread has fallen: photos fill few of the dimensions
_BLOCK = 50_000


@dataclass(frozen=True)
class Scenes:
    """Photos in random order."""

    vectors: Array  # (n, d) float32, unit length
    themes: Array  # (t, d): those that there are photos of


def scenes(photos: int, *, dimension: int = DIMENSION, seed: int = 0) -> Scenes:
    """`photos` photos; the same ones for the same `seed`."""
    random = np.random.default_rng(seed)
    themes = _directions(max(50, photos // _THEMES), dimension, random)
    sizes = _sizes(photos, random)
    shares = 1 / (10 + np.arange(len(themes)))
    theme = random.choice(len(themes), len(sizes), p=shares / shares.sum())
    events = _mixed(_THEME, themes[theme], random)
    event = np.repeat(np.arange(len(sizes)), sizes)[random.permutation(photos)]
    common = _COMMON * _unit(random.standard_normal((1, dimension), np.float32))
    vectors = np.empty((photos, dimension), np.float32)
    for part in _parts(photos):
        near = events[event[part]]
        likeness = np.clip(random.normal(_SHOT, _VARIETY, len(near)), 0.3, 0.99)
        vectors[part] = _unit(_mixed(likeness[:, None], near, random) + common)
    return Scenes(vectors, themes[np.unique(theme)])


def questions(made: Scenes, count: int, *, seed: int = 1) -> Array:
    """Vectors (count, d) to look for: half of them photos, half of them words."""
    random = np.random.default_rng(seed)
    photos, words = count // 2, count - count // 2
    dimension = made.vectors.shape[1]
    seen = made.vectors[random.choice(len(made.vectors), photos, replace=False)]
    noise = _unit(random.standard_normal(seen.shape, np.float32))
    one, other = made.themes[random.integers(len(made.themes), size=(2, words))]
    parts = one, other, _directions(words, dimension, random)
    meant = sum(weight * part for weight, part in zip(_WORDS, parts, strict=False))
    apart = _WORDS[-1] * _unit(random.standard_normal((1, dimension), np.float32))
    return np.concatenate([_unit(seen + _NOISE * noise), _unit(_unit(meant) + apart)])


def _sizes(photos: int, random: np.random.Generator) -> Array:
    """How many photos each event has."""
    sizes = np.clip(random.lognormal(_SHOTS, 1, photos), 1, _MOST_SHOTS).astype(np.int64)
    ends = np.minimum(np.cumsum(sizes), photos)
    kept = np.diff(ends, prepend=0)
    return np.asarray(kept[kept > 0])


def _mixed(likeness: Array | float, directions: Array, random: np.random.Generator) -> Array:
    """Vectors that have the cosine `likeness` with `directions` (n, d)."""
    count, dimension = directions.shape
    rest = np.sqrt(1 - np.square(likeness)) * _directions(count, dimension, random)
    return _unit(likeness * directions + rest)


def _directions(count: int, dimension: int, random: np.random.Generator) -> Array:
    """Random unit vectors (count, dimension), which spread over few of the dimensions."""
    spread = np.float32((1 + np.arange(dimension) / _DECAY) ** -0.8)
    return _unit(random.standard_normal((count, dimension), np.float32) * spread)


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _parts(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK))
