"""In which order photos answer words: by what they look like and by what is written of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from django.db.models import QuerySet

from inference.arrays import Array
from photos.models import Owner, Photo, Space
from photos.parallel import Begun
from search.among import Photos
from search.fusion import fused
from search.nearest import nearest
from search.relevance import FITS, Scale, fitting, least_score
from search.words.matching import Hit, matching

# As measured: docs/search-quality.md.
_ENOUGH = 1 / 3  # of a question's words stand in a photo, or else it is not found by them
_WISHED = 0.5  # how much a thing that was wished for says, beside what a photo looks like
_ROUNDED = 0.001  # of a cosine, as vectors are stored as half ones
POOL = 500  # photos of each list: whoever has read on so far asks in other words


@dataclass(frozen=True, eq=False)
class Meaning:
    """What words are in the space in which photos are searched."""

    space: Space
    vector: Array  # (d,) of length 1
    scale: Scale
    lift: float  # see relevance.lift_of()

    @property
    def least(self) -> float:
        """The cosine from which on a photo fits."""
        return self.cosine_of(FITS)

    def cosine_of(self, score: float) -> float:
        """The cosine of photos that fit so well."""
        return self.scale.cosine_of(score, lift=self.lift)

    def scores(self, cosines: Sequence[float]) -> Array:
        """How well photos of these cosines fit, 0 to 1."""
        return self.scale.scores(np.asarray(cosines, np.float32), lift=self.lift)


@dataclass(frozen=True)
class Wanted:
    """What photos are to be like, in words, and among which they are looked for."""

    owner: Owner
    text: str
    language: str
    meaning: Meaning | None  # None: no model understands any of it, or none has seen photos
    photos: Photos | None  # None: all of the owner's
    having: QuerySet[Photo] | None  # with the things that are wished for; None: none are


@dataclass(frozen=True)
class Ranked:
    """Photos best first, as (score, photo): more is better; then the latest added."""

    hits: list[tuple[float, int]]
    relevance: dict[int, float] = field(default_factory=dict)  # of those that look like it: 0 to 1


def ranked(wanted: Wanted) -> Ranked:
    """Photos that look like the words, have them written, or have the things: POOL of each."""
    looking = Begun(partial(_alike, wanted))
    having = None if wanted.having is None else Begun(partial(_latest, wanted.having))
    written = matching(
        wanted.owner, wanted.text, photos=wanted.photos, limit=POOL, language=wanted.language
    )
    alike = looking.result()
    lists = [dict.fromkeys(alike, 1.0), said(written)]
    if having is not None:
        lists.append(dict.fromkeys(_in_order(having.result(), alike), _WISHED))
    scores = fused(lists)
    return Ranked(sorted(((score, photo) for photo, score in scores.items()), reverse=True), alike)


def _alike(wanted: Wanted) -> dict[int, float]:
    """How well photos fit that do, best first."""
    meaning = wanted.meaning
    if meaning is None:
        return {}
    near = nearest(
        wanted.owner,
        meaning.space,
        meaning.vector,
        photos=wanted.photos,
        limit=POOL,
        least=meaning.cosine_of(least_score(wanted.text)) - _ROUNDED,
    )
    scores = meaning.scores([hit.cosine for hit in near])
    fits = fitting(scores, wanted.text)
    return dict(zip([hit.photo for hit in near[:fits]], scores[:fits].tolist(), strict=True))


def said(written: Sequence[Hit]) -> dict[int, float]:
    """Those with enough of the words: the more of them, the more it says."""
    shares = {hit.photo: hit.matched / hit.asked for hit in written}
    return {photo: share**2 for photo, share in shares.items() if share >= _ENOUGH}


def _latest(photos: QuerySet[Photo]) -> list[int]:
    return list(photos.order_by("-pk").values_list("pk", flat=True)[:POOL])


def _in_order(latest: Sequence[int], alike: Collection[int]) -> list[int]:
    """Those that look like the words as well come first, then the latest of the others."""
    places = {photo: place for place, photo in enumerate(alike)}
    return sorted(latest, key=lambda photo: places.get(photo, len(places)))
