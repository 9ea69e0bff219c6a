"""Made-up faces of made-up people: as vectors, of as many as one likes, with who is who.

As libraries are: few people have very many faces, most have a handful, and an eighth of all
faces are strangers seen once. A person has up to four looks (age, glasses, profile); a twelfth
of the people have a relative who looks like them; the worse a face was taken, the less it looks
like anybody, and the worst of all look like each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from inference.arrays import Array

DIMENSION = 512
_STRANGERS = 0.12  # of all faces: people who are seen once
_RELATIVES = 0.08  # of all people: they have a relative who looks like them
_KINSHIP = 0.55  # how much of a face comes from the relative
_COMMON = 0.22  # how much all faces have in common: two people's cosine is .05 in the mean
_LOOKS = (8, 40, 200)  # a person with more faces than this has one more look
_LOOK = 0.92  # cosine of a look with the person
_POOR = 0.03  # of all faces: taken so badly that nobody could say who it is
_ALIKE = 0.75  # how much poor faces look like each other
_DECAY = 64.0  # dimensions, after which the spread has fallen: faces fill few of the dimensions
_BLOCK = 50_000


@dataclass(frozen=True)
class Crowd:
    """Faces in random order."""

    vectors: Array  # (n, 512) float32, unit length
    person: Array  # (n,) int64: who it is
    good: Array  # (n,) bool: whether it was taken well enough to say who it is


def crowd(faces: int, *, seed: int = 0) -> Crowd:
    """`faces` faces of people; the same ones for the same `seed`."""
    random = np.random.default_rng(seed)
    sizes = _sizes(faces, random)
    looks = 1 + np.searchsorted(_LOOKS, sizes)
    directions = _looks(_people(len(sizes), random), looks, random)
    person = np.repeat(np.arange(len(sizes)), sizes)[random.permutation(faces)]
    first = np.cumsum(looks) - looks
    look = first[person] + (random.random(faces) * looks[person]).astype(np.int64)
    good = random.random(faces) >= _POOR
    vectors = np.empty((faces, DIMENSION), np.float32)
    junk = _unit(random.normal(size=(1, DIMENSION)))
    for part in _parts(faces):
        seen = _seen(directions[look[part]], good[part], random)
        vectors[part] = _unit(seen + _ALIKE * junk * ~good[part, None])
    return Crowd(vectors, person, good)


def _sizes(faces: int, random: np.random.Generator) -> Array:
    """How many faces each person has: Pareto's law, a fiftieth of all at the most."""
    strangers = round(faces * _STRANGERS)
    most, left, sizes = max(20, faces // 50), faces - strangers, []
    while left:
        size = min(left, most, max(2, int(3 * (random.pareto(1.05) + 1))))
        sizes.append(size)
        left -= size
    return np.array(sizes + [1] * strangers, np.int64)


def _people(count: int, random: np.random.Generator) -> Array:
    """A direction (count, 512) for each person."""
    faces, order = _directions(count, random), random.permutation(count)
    related = round(count * _RELATIVES)
    one, other = order[:related], order[related : 2 * related]
    faces[one] = _KINSHIP * faces[other] + np.sqrt(1 - _KINSHIP**2) * faces[one]
    return _unit(faces + _COMMON * _unit(random.normal(size=(1, DIMENSION))))


def _looks(people: Array, looks: Array, random: np.random.Generator) -> Array:
    """A direction (sum of looks, 512) for each look of each person."""
    ours = np.repeat(people, looks, axis=0)
    return _unit(_LOOK * ours + np.sqrt(1 - _LOOK**2) * _directions(len(ours), random))


def _seen(looks: Array, good: Array, random: np.random.Generator) -> Array:
    """Faces (n, 512) that show `looks` (n, 512), the `good` (n,) ones well."""
    likeness = np.clip(0.93 - np.abs(random.normal(0, 0.11, len(looks))), 0.5, 0.97)
    likeness = np.where(good, likeness, random.uniform(0.2, 0.5, len(looks)))[:, None]
    other = np.sqrt(1 - likeness**2) * _directions(len(looks), random)
    return np.asarray(likeness * looks + other)


def _directions(count: int, random: np.random.Generator) -> Array:
    """Random unit vectors (count, 512), which spread over few of the dimensions."""
    spread = np.float32((1 + np.arange(DIMENSION) / _DECAY) ** -0.8)
    return _unit(random.standard_normal((count, DIMENSION), np.float32) * spread)


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _parts(count: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, count, _BLOCK))
