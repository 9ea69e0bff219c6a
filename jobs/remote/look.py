"""Looking at one photo for a server: what it wants to know of it, as JSON."""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any

from inference.arrays import Array
from inference.errors import InferenceError, InferenceNotReady
from jobs import pipeline
from jobs.pipeline import Seen
from jobs.remote import wire
from jobs.remote.pictures import picture_to_json
from photos.errors import PhotoError
from photos.images import Decoded
from photos.operations import EMBEDDING, OPERATIONS, TAGS, Operation
from photos.services import Content
from search.errors import SearchError
from search.services import SeenPhoto
from search.tags import TagsOfVector

log = logging.getLogger(__name__)

KNOWN_ERRORS = (PhotoError, InferenceError, SearchError)
UNFORESEEN = "Something unexpected went wrong. The log of the worker has the details."
MAX_DETAIL = 500  # letters, that the server takes

# The bytes of a photo -> its pixels, until the block ends.
Decode = Callable[[bytes], AbstractContextManager[Decoded]]


@dataclass(frozen=True)
class Look:
    """How a photo is looked at."""

    decoded: Decode
    looks: Executor  # where the operations on one photo run side by side

    def answer(
        self,
        content: Content,
        operations: Sequence[Operation],
        *,
        recipes: Mapping[str, str],
        fetch_ms: float,
    ) -> dict[str, Any]:
        """What `operations` find in the photo. `recipes`: of what the server does itself.

        Raises:
            PhotoError: it can't be decoded.
        """
        stage_ms = {"fetch": fetch_ms}
        with ExitStack() as held:
            start = time.perf_counter()
            decoded = held.enter_context(self.decoded(content.data))
            stage_ms["decode"] = ms_since(start)
            seen = list(
                self.looks.map(lambda each: pipeline.look(each, decoded.pixels), operations)
            )
            picture = picture_to_json(pipeline.picture_of(decoded))
        stage_ms |= {each.operation.name: each.ms for each in seen}
        used = {each.name: each.recipe for each in operations}
        return _answer(content, {**recipes, **used}, stage_ms) | {"picture": picture} | _told(seen)


def nothing_left(content: Content, recipes: Mapping[str, str], fetch_ms: float) -> dict[str, Any]:
    """The answer where all was done before."""
    return _answer(content, recipes, {"fetch": fetch_ms})


def chosen(
    operations: Mapping[str, Operation], asked: Collection[str], left: Collection[str]
) -> list[Operation]:
    """What is to be done of what was `asked` and is `left`. Tags are made of the photo's vector.

    Raises:
        InferenceNotReady: something of it can't be done here any more.
    """
    names = set(asked) & set(left)
    if TAGS in names:
        names.add(EMBEDDING)
    if missing := sorted(names - operations.keys()):
        raise InferenceNotReady(f"{missing[0]}: the models for it are not here any more.")
    return [operations[name] for name in OPERATIONS if name in names]


def _answer(
    content: Content, recipes: Mapping[str, str], stage_ms: Mapping[str, float]
) -> dict[str, Any]:
    return {
        "sha256": content.sha256,
        "recipes": dict(recipes),
        "stage_ms": dict(stage_ms),
        "picture": None,
        "findings": {},
        "failures": {},
    }


def _told(seen: Sequence[Seen]) -> dict[str, Any]:
    """Findings and failures, by operation."""
    vector: Array | None = None
    findings, failures = dict[str, Any](), dict[str, Any]()
    for each in seen:  # in the order of storing: the vector comes before the tags
        name, found = each.operation.name, each.findings
        if isinstance(found, SeenPhoto):
            vector = found.vector
        if found is None:
            failures[name] = _failure(each)
        elif not isinstance(found, TagsOfVector):
            findings[name] = wire.findings_to_json(found)
        elif vector is None:
            failures[name] = failures[EMBEDDING]
        else:
            findings[name] = wire.tags_to_json(found, vector)
    return {"findings": findings, "failures": failures}


def _failure(seen: Seen) -> dict[str, str]:
    error = seen.error
    if isinstance(error, KNOWN_ERRORS):
        return {"code": error.code, "detail": str(error)[:MAX_DETAIL]}
    log.error("%s failed", seen.operation.name, exc_info=error)
    return {"code": InferenceError.code, "detail": UNFORESEEN}


def ms_since(start: float) -> float:
    """Milliseconds since `start`, of time.perf_counter()."""
    return round((time.perf_counter() - start) * 1000, 1)
