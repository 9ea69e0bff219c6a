"""What the service sends, as typed dictionaries. It may send more: look at /api/docs/."""

from typing import Any, TypedDict


class Box(TypedDict):
    """In pixels of the upright photo, from its top left corner."""

    x: float
    y: float
    width: float
    height: float


class PersonName(TypedDict):
    id: int
    name: str
    contact_id: str


class Look(TypedDict):
    """What a detector says of a face: two numbers from 0 to 1, and what is poor about it."""

    box: Box
    confidence: float
    quality: float
    quality_reasons: list[str]


class Sample(Look):
    """A face, as far as lists show it. `crop` is the address of its picture."""

    id: int
    photo: int
    crop: str


class PhotoFace(Look):
    """A face of a photo. `person`: whose it is; `cluster`: of faces that look like it."""

    id: int
    landmarks: list[list[float]]
    cluster: str | None
    person: PersonName | None
    how: str | None
    similarity: float | None
    crop: str


class Thing(TypedDict):
    label: str
    confidence: float
    box: Box


class Tag(TypedDict):
    """`words`: by language."""

    key: str
    words: dict[str, str]
    confidence: float


class Line(TypedDict):
    """`quad`: four [x, y], clockwise from the text's own top left."""

    text: str
    confidence: float
    quad: list[list[float]]


class Caption(TypedDict):
    language: str
    sentence: str
    context: str
    source: str


class Place(TypedDict):
    city: str
    region: str
    country: str
    country_code: str
    inferred: bool


class _AnyPhoto(TypedDict):
    id: int
    sha256: str
    width: int
    height: int
    taken_at: str | None
    thumbnail: str


class FoundPhoto(_AnyPhoto):
    """A photo, as far as lists show it."""

    dated_at: str
    dated_by: str
    place: Place | None


class AlikePhoto(_AnyPhoto):
    media_type: str
    size_bytes: int
    created_at: str


class Photo(FoundPhoto):
    """A photo, and what was found in it by the models that are active now."""

    media_type: str
    taken_offset_minutes: int | None
    latitude: float | None
    longitude: float | None
    faces: list[PhotoFace]
    objects: list[Thing]
    tags: list[Tag]
    context: Tag | None
    text: list[Line]
    captions: list[Caption]
    embeddings: list[dict[str, Any]]
    analyses: list[dict[str, Any]]


class Failure(TypedDict):
    code: str
    detail: str


class Item(TypedDict):
    """A photo of a job."""

    id: int
    external_id: str
    file_name: str
    status: str
    attempts: int
    error: Failure | None
    sync: dict[str, Any] | None
    stage_ms: dict[str, float]
    result: Photo | None


class Progress(TypedDict):
    """In photos."""

    total: int
    pending: int
    paused: int
    processing: int
    completed: int
    failed: int
    cancelled: int
    steps: dict[str, int] | None


class Job(TypedDict):
    job_id: str
    kind: str
    status: str
    operations: list[str]
    progress: Progress
    created_at: str
    started_at: str | None
    finished_at: str | None


class JobDetail(Job):
    """`result` and `error`: of the photo, where there is just one. `items`: the first 100."""

    result: Photo | None
    error: Failure | None
    outcome: dict[str, Any] | None
    items: list[Item]


class Person(TypedDict):
    id: int
    name: str
    aliases: list[str]
    contact_id: str
    cover: Sample | None
    favourite: bool
    hidden: bool
    ignored: bool
    unrecognised: bool
    face_count: int
    cluster_count: int
    created_at: str


class Cluster(TypedDict):
    """Faces that look like one person; `faces` are the best few."""

    id: str
    label: str
    person: PersonName | None
    face_count: int
    faces: list[Sample]
    hidden: bool
    ignored: bool
    created_at: str


class Edit(TypedDict):
    id: int
    kind: str
    actor: str | None
    reason: str
    created_at: str
    asked: dict[str, Any]
    people: list[int]
    face_count: int
    undoes: int | None
    undone_by: int | None
    erased: bool


class Done(TypedDict):
    """What a change has come to. `edit` is None where there was nothing to change."""

    edit: Edit | None
    person: Person | None
    cluster: Cluster | None
