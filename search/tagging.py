"""Zero-shot tags: the words whose prompts lie near a photo in the space that both share."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from inference.arrays import Array
from inference.encoders import TextEncoder
from inference.identity import ModelIdentity
from search.errors import ForeignVectors, NoPrompts
from search.vocabulary import Concept, Vocabulary

MIN_CONFIDENCE = 0.5
MAX_TAGS = 10  # of one photo
ANY_LANGUAGE = "*"  # among those that a model knows
_MAX_TAGGERS = 4  # kept: two packs, before and after a change of the vocabulary

_taggers: dict[tuple[str, ...], "Tagger"] = {}
_lock = Lock()


@dataclass(frozen=True)
class Tag:
    key: str
    confidence: float  # 0 to 1
    is_context: bool


@dataclass(frozen=True, eq=False)
class Tagger:
    """Tags photos by their vectors: those of an image encoder, whose space it names."""

    space: str
    concepts: tuple[Concept, ...]
    vectors: Array  # (m, d) float32 of length 1: one a concept
    cosine: float  # between photo and concept, where the confidence is one half
    scale: float  # how steeply the confidence rises there

    def tags(self, photos: Array) -> list[list[Tag]]:
        """For each of `photos` (n, d): up to `MAX_TAGS` tags, best first, then a context if any.

        Raises:
            ForeignVectors: the photos' vectors have another dimension.
        """
        if photos.shape[1] != self.vectors.shape[1]:
            raise ForeignVectors(
                f"Vectors of {photos.shape[1]} numbers can't be compared with tags, "
                f"which have {self.vectors.shape[1]}."
            )
        return [self._best(row) for row in self.confidences(photos)]

    def confidences(self, photos: Array) -> Array:
        """How well each concept fits each of `photos` (n, d): (n, m), 0 to 1."""
        return confidences(photos @ self.vectors.T, cosine=self.cosine, scale=self.scale)

    def _best(self, confidences: Array) -> list[Tag]:
        fitting = [
            Tag(self.concepts[row].key, float(confidences[row]), self.concepts[row].is_context)
            for row in np.argsort(-confidences, kind="stable")
            if confidences[row] >= MIN_CONFIDENCE
        ]
        tags = [tag for tag in fitting if not tag.is_context]
        return tags[:MAX_TAGS] + [tag for tag in fitting if tag.is_context][:1]


def confidences(cosines: Array, *, cosine: float, scale: float) -> Array:
    """From cosines to how likely it is that they mean something: one half at `cosine`."""
    return 1 / (1 + np.exp(-np.clip(scale * (cosines - cosine), -50, 50)))


def tagger_of(images: ModelIdentity, texts: TextEncoder, vocabulary: Vocabulary) -> Tagger:
    """The tagger for vectors of the image encoder `images`; made once in a process.

    While one thread has prompts encoded, which takes a moment, others wait for it.

    Raises:
        ForeignVectors: the encoders have no space in common.
        NoPrompts: the vocabulary has none in a language that the models know.
        InferenceError: as the text encoder's.
    """
    key = (images.space, texts.identity.space, vocabulary.digest)
    with _lock:
        if key not in _taggers:
            made = _tagger(images, texts, vocabulary)
            while len(_taggers) >= _MAX_TAGGERS:
                del _taggers[next(iter(_taggers))]
            _taggers[key] = made
        return _taggers[key]


def _tagger(images: ModelIdentity, texts: TextEncoder, vocabulary: Vocabulary) -> Tagger:
    ours, theirs = images.text("joint_space"), texts.identity.text("joint_space")
    if ours != theirs:
        raise ForeignVectors(
            f"The image encoder's vectors are of {ours}, the text encoder's of {theirs}: "
            "activate two of one pack."
        )
    concepts = [each for each in vocabulary.concepts if knows_deeds(images) or not each.is_context]
    prompts = _prompts(concepts, known_languages(images))
    return Tagger(
        space=images.space,
        concepts=tuple(concept for concept, _ in prompts),
        vectors=_encoded([each for _, each in prompts], texts),
        cosine=images.number("tag_cosine"),
        scale=images.number("tag_scale"),
    )


def knows_deeds(images: ModelIdentity) -> bool:
    """Whether it can be told from its vectors what is going on, and not only what there is."""
    return images.parameters.get("tag_contexts") != "no"


def known_languages(images: ModelIdentity) -> list[str]:
    """Those that the text encoder beside `images` reads, such as `en`; `*` is any.

    Raises:
        InferenceCorrupt: the model's configuration does not say it.
    """
    return [language.strip() for language in images.text("languages").split(",")]


def _prompts(
    concepts: Sequence[Concept], languages: Collection[str]
) -> list[tuple[Concept, list[str]]]:
    """Each concept with its prompts in `languages`."""
    found = [(concept, _known_prompts(concept, languages)) for concept in concepts]
    if not any(texts for _, texts in found):
        known = ",".join(languages)
        raise NoPrompts(f"The vocabulary has no prompts in what the models know: {known}.")
    return [(concept, texts) for concept, texts in found if texts]


def _known_prompts(concept: Concept, languages: Collection[str]) -> list[str]:
    return [
        prompt
        for language, prompts in concept.prompts.items()
        if language in languages or ANY_LANGUAGE in languages
        for prompt in prompts
    ]


def _encoded(prompts: Sequence[Collection[str]], texts: TextEncoder) -> Array:
    """The mean direction of each concept's prompts: (m, d) float32 of length 1."""
    vectors = texts.encode([text for each in prompts for text in each])
    starts = np.cumsum([0, *(len(each) for each in prompts[:-1])])
    sums = np.add.reduceat(vectors, starts, axis=0)
    return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), np.float32)
