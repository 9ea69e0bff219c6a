"""How well a photo fits words, or another photo: a score of 0 to 1, and where to stop.

Pure functions of arrays, but for usual_photo(), which asks the database. How good they are:
docs/search-quality.md.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from django.core.cache import cache
from django.db.models import Avg, Count, QuerySet

from inference.arrays import Array
from inference.identity import ModelIdentity
from photos.models import Owner, Space
from search.kept import Kept
from search.models import ImageVector
from search.tagging import ANY_LANGUAGE, confidences, known_languages
from search.vocabulary import DEFAULT_LANGUAGE, Vocabulary

FITS = 0.5  # a photo of a lower score does not fit the words
SENTENCE = 5  # words: so many say more than models see in any photo of it
MAY_FIT = 0.2  # a photo of a lower score does not even fit a sentence
NEAREST = 10  # photos that do no more than that, at most
ALIKE = 0.65  # a photo of a lower score does not look like the other one
SAMPLE = 256  # of an owner's photos: enough to know what is usual
FEWEST = 20  # photos: how like each other fewer are is chance
WORDS = 32  # that a question is compared with: one call of a text encoder
_UNKNOWN_USUAL = 0.5  # cosine of two photos that have nothing to do with each other
_MOST_USUAL = 0.99  # where all photos are one and the same
_REMEMBERED_S = 600

Encode = Callable[[Sequence[str]], Array]  # texts -> (n, d) of length 1

KEPT = Kept[tuple[str, ...], Array](4)  # words of two packs, before and after a change


@dataclass(frozen=True, eq=False)
class Usual:
    """What an owner's photos have in common."""

    vector: Array  # (d,) float32, shorter than 1: the mean of theirs
    photos: int  # that it is the mean of


@dataclass(frozen=True)
class Scale:
    """How cosines between photos and words are read in the space of one image encoder."""

    cosine: float  # where the score is one half
    steepness: float  # how fast it rises there

    @classmethod
    def of(cls, images: ModelIdentity) -> Self:
        """That which photos are tagged by.

        Raises:
            InferenceCorrupt: the model's configuration does not say it.
        """
        return cls(images.number("tag_cosine"), images.number("tag_scale"))

    def scores(self, cosines: Array, *, lift: float = 0.0) -> Array:
        """How well photos with these `cosines` to a question fit it, 0 to 1: those of `FITS` do.

        In the order of the cosines, as `lift` (of lift_of()) is the question's.
        """
        return confidences(cosines + lift, cosine=self.cosine, scale=self.steepness)

    def cosine_of(self, score: float, *, lift: float = 0.0) -> float:
        """The cosine of photos that fit a question so well: the inverse of scores()."""
        return self.cosine + math.log(score / (1 - score)) / self.steepness - lift


def lift_of(question: Array, words: Array, usual: Usual | None) -> float:
    """By how much all photos lie farther from `question` (d,) than from a word.

    Long questions do, whatever they ask for. `words` (m, d) of usual_words() and what is `usual`
    say how far. A question that lies nearer than words do may be what the whole library is of:
    that is not held against it.
    """
    if usual is None or not len(words):
        return 0.0
    return max(0.0, float((words.mean(axis=0) - question) @ usual.vector))


def fitting(scores: Array, text: str) -> int:
    """How many photos fit `text`, of those with these `scores` (n,), best first.

    Of a sentence all that do, or else the nearest of those that may.
    """
    sure = int((scores >= FITS).sum())
    return max(sure, int((scores[:NEAREST] >= least_score(text)).sum()))


def least_score(text: str) -> float:
    """The score that a photo has to have to be one of those that fit `text`."""
    return FITS if len(text.split()) < SENTENCE else MAY_FIT


def likeness(cosines: Array, photo: Array, usual: Usual | None) -> Array:
    """How much photos with these `cosines` to the vector `photo` (d,) look like it, 0 to 1.

    1 is the same, `ALIKE` and more is alike, 0 is no more like it than the usual photo is.
    """
    least = _UNKNOWN_USUAL
    if usual and usual.photos >= FEWEST:
        least = min(float(photo @ usual.vector), _MOST_USUAL)
    return np.clip((cosines - least) / (1 - least), 0, 1)


def usual_photo(owner: Owner, space: Space) -> Usual | None:
    """What an owner's photos have in common in `space`, or `SAMPLE` of them. One query.

    None where there are none. Of large libraries it is remembered, as it hardly changes.
    """
    about = f"usual:{space.pk}:{owner.pk}"
    usual: Usual | None = cache.get(about)
    if usual is None:
        usual = _usual(ImageVector.objects.filter(owner=owner, space=space)[:SAMPLE])
        if usual and usual.photos == SAMPLE:
            cache.set(about, usual, _REMEMBERED_S)
    return usual


def _usual(some: QuerySet[ImageVector]) -> Usual | None:
    found = some.aggregate(mean=Avg("vector"), count=Count("pk"))
    if found["mean"] is None:
        return None
    return Usual(np.asarray(found["mean"], np.float32), found["count"])


def usual_words(images: ModelIdentity, encode: Encode, vocabulary: Vocabulary) -> Array:
    """What words from all over the vocabulary mean, in a language that the models know.

    (m, d) float32; none where there are no such words. A process remembers them.

    Raises:
        InferenceError: as `encode` does.
    """
    chosen = _chosen(vocabulary, known_languages(images))
    key = (images.space, *chosen)
    return KEPT.of([key], lambda _: {key: encode(chosen)})[key]


def _chosen(vocabulary: Vocabulary, languages: Collection[str]) -> list[str]:
    ours = (DEFAULT_LANGUAGE, *sorted(vocabulary.languages))
    language = next(
        (each for each in ours if each in languages or ANY_LANGUAGE in languages), DEFAULT_LANGUAGE
    )
    words = [each.words[language] for each in vocabulary.concepts if language in each.words]
    return words[:: math.ceil(len(words) / WORDS) or 1]
