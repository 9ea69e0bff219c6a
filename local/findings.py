"""What was found in one photo, as the API tells of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

LANGUAGE = "en"  # of what we show, where there is a choice
DESCRIBER = "describer"  # whose captions are long


@dataclass(frozen=True)
class Box:
    """In pixels of the upright photo, from its top left corner."""

    x: float
    y: float
    width: float
    height: float

    def summary(self) -> dict[str, float]:
        return {edge: round(pixels, 2) for edge, pixels in asdict(self).items()}


@dataclass(frozen=True)
class Face:
    """A face, as the API tells of it. `cluster` is an id, `person` a name, `crop` a URL."""

    id: int
    box: Box
    confidence: float
    cluster: str | None
    person: str | None
    crop: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            id=told["id"],
            box=Box(**told["box"]),
            confidence=told["confidence"],
            cluster=told["cluster"],
            person=told["person"] and told["person"]["name"],
            crop=told["crop"],
        )

    def summary(self) -> dict[str, Any]:
        """Without what means something to this service's own database alone."""
        return {
            "box": self.box.summary(),
            "confidence": round(self.confidence, 4),
            "cluster": self.cluster,
            "person": self.person,
        }


@dataclass(frozen=True)
class Thing:
    """An object of a class that the detector knows."""

    label: str
    confidence: float
    box: Box

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        return cls(told["label"], told["confidence"], Box(**told["box"]))

    def summary(self) -> dict[str, Any]:
        confidence = round(self.confidence, 4)
        return {"label": self.label, "confidence": confidence, "box": self.box.summary()}


@dataclass(frozen=True)
class Tag:
    """A word of the vocabulary; `words` has it by language."""

    key: str
    words: Mapping[str, str]
    confidence: float

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        return cls(told["key"], told["words"], told["confidence"])

    @property
    def word(self) -> str:
        return self.words.get(LANGUAGE) or self.key

    def summary(self) -> dict[str, Any]:
        words = dict(self.words)
        return {"key": self.key, "words": words, "confidence": round(self.confidence, 4)}


@dataclass(frozen=True)
class TextLine:
    """Text, and its four corners (x, y), clockwise from the text's own top left."""

    text: str
    confidence: float
    quad: Sequence[tuple[float, float]]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        return cls(told["text"], told["confidence"], tuple((x, y) for x, y in told["quad"]))

    def summary(self) -> dict[str, Any]:
        quad = [[round(x, 2), round(y, 2)] for x, y in self.quad]
        return {"text": self.text, "confidence": round(self.confidence, 4), "quad": quad}


@dataclass(frozen=True)
class Caption:
    """A sentence, a short phrase of what is going on or nothing, and who says so."""

    language: str
    sentence: str
    context: str
    source: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        return cls(told["language"], told["sentence"], told["context"], told["source"])


@dataclass(frozen=True)
class Scene:
    """What is in a photo beside its faces: nothing, where no model looks for it.

    `spaces` are those of the photo's vectors, with their dimensions; `recipes` says which models
    did an operation.
    """

    things: Sequence[Thing] = ()
    tags: Sequence[Tag] = ()
    context: Tag | None = None
    lines: Sequence[TextLine] = ()
    captions: Sequence[Caption] = ()
    spaces: Mapping[str, int] = field(default_factory=dict)
    recipes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        context = told.get("context")
        return cls(
            things=tuple(map(Thing.of, told.get("objects", ()))),
            tags=tuple(map(Tag.of, told.get("tags", ()))),
            context=Tag.of(context) if context else None,
            lines=tuple(map(TextLine.of, told.get("text", ()))),
            captions=tuple(map(Caption.of, told.get("captions", ()))),
            spaces={each["space"]: each["dimension"] for each in told.get("embeddings", ())},
            recipes={each["operation"]: each["recipe"] for each in told.get("analyses", ())},
        )

    @property
    def caption(self) -> Caption | None:
        """The one to show: short, and in our language if there is one."""
        return min(self.captions, key=_rank, default=None)

    @property
    def inventory(self) -> str:
        """The classes of things, most frequent first: person (3), tie."""
        counts = Counter(thing.label for thing in self.things).most_common()
        return ", ".join(f"{label} ({count})" if count > 1 else label for label, count in counts)

    @property
    def text(self) -> str:
        """All of it in a line."""
        return " / ".join(line.text for line in self.lines)

    def summary(self) -> dict[str, Any]:
        return {
            "objects": [thing.summary() for thing in self.things],
            "tags": [tag.summary() for tag in self.tags],
            "context": self.context.summary() if self.context else None,
            "text": [line.summary() for line in self.lines],
            "captions": [asdict(caption) for caption in self.captions],
            "embeddings": [{"space": name, "dimension": d} for name, d in self.spaces.items()],
            "analyses": [{"operation": o, "recipe": r} for o, r in self.recipes.items()],
        }


def _rank(caption: Caption) -> tuple[bool, bool]:
    return caption.source == DESCRIBER, caption.language != LANGUAGE
