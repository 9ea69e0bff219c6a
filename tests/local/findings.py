"""Makes what a demo could have found."""

from typing import Any

from local.findings import Box, Caption, Face, Scene, Tag, TextLine, Thing
from local.report import Group, Outcome, Report, Sighting

ANNA = "clu_a"


def make_face(number: int = 1, **values: Any) -> Face:
    defaults: dict[str, Any] = {
        "box": Box(1, 2, 30, 40),
        "confidence": 0.9,
        "cluster": None,
        "person": None,
        "crop": f"http://127.0.0.1/media/{number}.jpg",
    }
    return Face(id=number, **{**defaults, **values})


def make_group(*photos: str, name: str = ANNA, person: str | None = None) -> Group:
    """A cluster with a face on each of `photos`."""
    faces = [make_face(number, cluster=name) for number, _ in enumerate(photos)]
    seen = [Sighting([photo], face) for photo, face in zip(photos, faces, strict=True)]
    return Group(name, f"unknown_cluster_{name}", person, seen)


def make_thing(label: str = "dog", *, box: Box | None = None, confidence: float = 0.8) -> Thing:
    return Thing(label, confidence, box or Box(5, 6, 20, 10))


def make_tag(key: str = "outdoor", **words: str) -> Tag:
    return Tag(key, words, 0.7)


def make_line(text: str = "EXIT", x: float = 1, y: float = 2) -> TextLine:
    """Ten pixels wide and five high."""
    return TextLine(text, 0.9, ((x, y), (x + 10, y), (x + 10, y + 5), (x, y + 5)))


def make_caption(sentence: str = "A dog.", **values: Any) -> Caption:
    defaults = {"language": "en", "context": "", "source": "template"}
    return Caption(sentence=sentence, **{**defaults, **values})


def make_scene(**values: Any) -> Scene:
    """With something of everything."""
    defaults: dict[str, Any] = {
        "things": (make_thing(),),
        "tags": (make_tag(),),
        "context": make_tag("walk", en="going for a walk"),
        "lines": (make_line(),),
        "captions": (make_caption(),),
        "spaces": {"image_encoder:1:1": 384},
        "recipes": {"objects": "object_detector:1:1"},
    }
    return Scene(**{**defaults, **values})


def make_report(*outcomes: Outcome, groups: list[Group] | None = None) -> Report:
    return Report(outcomes, groups or [], {"models": 2.0, "photos": 0.5})
