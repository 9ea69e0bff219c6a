"""Makes what a demo could have found."""

from typing import Any

from local.report import Box, Face, Group, Outcome, Report, Sighting

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


def make_report(*outcomes: Outcome, groups: list[Group] | None = None) -> Report:
    return Report(outcomes, groups or [], {"models": 2.0, "photos": 0.5})
