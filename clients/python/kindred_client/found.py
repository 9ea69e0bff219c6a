"""What the service sends of searching and recognising, as typed dictionaries."""

from typing import Any, TypedDict

from kindred_client.answers import AlikePhoto, Box, FoundPhoto, Look, PersonName


class Reason(TypedDict):
    part: str
    words: list[str]
    said: str
    boxes: list[Box]
    quad: list[list[float]]


class Hit(TypedDict):
    photo: FoundPhoto
    relevance: float | None
    why: list[Reason]


class Found(TypedDict):
    """A page of photos; `total` and `facets` are on the first one."""

    interpretation: dict[str, Any]
    total: dict[str, Any] | None
    facets: dict[str, Any] | None
    next: str | None
    results: list[Hit]


class SimilarHit(TypedDict):
    photo: AlikePhoto
    score: float
    cosine: float
    duplicate: bool


class Similar(TypedDict):
    next: str | None
    results: list[SimilarHit]


class Probe(Look):
    """A face that was asked about. `face_id`: None where it is of a picture that was sent."""

    face_id: int | None


class Candidate(TypedDict):
    person: PersonName
    cosine: float
    score: float


class Identified(TypedDict):
    face: Probe
    accepted: bool
    person: PersonName | None
    reason: str | None
    margin: float | None
    candidates: list[Candidate]


class Yardstick(TypedDict):
    """What was compared: in which space, and from when on two faces are one person's."""

    space: str
    threshold: float
    min_cosine: float


class Identification(Yardstick):
    faces: list[Identified]


class Verification(Yardstick):
    same: bool
    cosine: float
    score: float
    first: Probe
    second: Probe


class Published(TypedDict):
    """An address that whoever has it may open, until then."""

    url: str
    expires_at: str
