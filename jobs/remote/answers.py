"""What a remote worker says it found, checked against the photo and the active models."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings

from inference.configs import DescribedModels
from inference.errors import InferenceError, InferenceNotReady
from jobs.active import Making, Unmade
from jobs.errors import FindingsOutdated
from jobs.given import Given
from jobs.models import Item
from jobs.operations import TEMPLATE, configured_recipes, needs_of, with_needs
from jobs.pipeline import Seen
from jobs.remote.pictures import read_picture
from jobs.remote.wire import Reading
from photos.errors import PhotoError
from photos.images import sniff, stored_size
from photos.operations import CAPTION, Operation
from photos.services import Content, Picture
from search import spaces
from search.captions import ComposeCaption
from search.errors import SearchError
from search.vocabulary import load

MAX_DETAIL = 500  # letters
_STAGE = re.compile(r"[a-z_]{1,20}")
_MAX_STAGES = 20
_LONGEST_MS = 24 * 3600 * 1000


def current() -> Making:
    """How operations are done now, by models that are described here and run elsewhere."""
    vocabulary, active = load(settings.VOCABULARY_DIR), spaces.models()
    repository = settings.MODEL_REPOSITORY
    recipes = configured_recipes(active, vocabulary)
    return Making(DescribedModels(repository), repository, active, vocabulary, recipes)


def wanted(item: Item, recipes: Mapping[str, str]) -> list[Operation]:
    """What is to be done on the item's photo, in the order of storing.

    Raises:
        OperationUnavailable, InferenceNotReady: no model does it any more.
    """
    elsewhere = InferenceNotReady("A remote worker does it.")
    made = {
        name: Unmade(name, recipe, elsewhere, needs_of(name, recipes))
        for name, recipe in recipes.items()
    }
    return with_needs(item.job.operations, made)


def is_composed(name: str, recipe: str) -> bool:
    """Whether the operation needs no model: it is made, here, of what the others have found."""
    return name == CAPTION and recipe.startswith(TEMPLATE)


def check_recipes(given: Given, operations: Sequence[Operation]) -> None:
    """
    Raises:
        FindingsOutdated: the worker has looked at the photo in another way than is usual now.
    """
    used = given.members()
    for each in operations:
        if each.name not in used or used[each.name].value != each.recipe:
            raise FindingsOutdated(f"Other models do {each.name!r} by now: claim it again.")


def stages_of(given: Given) -> dict[str, float]:
    stages = given.members()
    if len(stages) > _MAX_STAGES or not all(map(_STAGE.fullmatch, stages)):
        raise given.wrong(f"give {_MAX_STAGES} stages at most, in small letters.")
    return {name: round(each.number(0, _LONGEST_MS), 1) for name, each in stages.items()}


def picture_of(given: Given, content: Content) -> Picture:
    """
    Raises:
        FindingsInvalid: it is not of this photo.
    """
    picture = read_picture(given)
    if picture.format != sniff(content.data):
        raise given["format"].wrong("the photo is in another one.")
    # It may lie on its side in the file.
    if sorted((picture.width, picture.height)) != sorted(stored_size(content.data)):
        raise given["width"].wrong("the photo has other sides.")
    if picture.width * picture.height > settings.MAX_PHOTO_PIXELS:
        raise given["width"].wrong("the photo has more pixels than are accepted.")
    return picture


def seen_by(
    operation: Operation, answer: Given, reading: Reading, stage_ms: Mapping[str, float]
) -> Seen:
    name, findings = operation.name, answer["findings"].members()
    ms = stage_ms.get(name, 0.0)
    if is_composed(name, operation.recipe):
        making = reading.making
        caption = ComposeCaption(
            making.vocabulary, making.recipes, operation.recipe, tuple(operation.needs)
        )
        return Seen(operation, ms, caption)
    if name in findings:
        return Seen(operation, ms, reading.findings(name, findings[name]))
    failures = answer["failures"].members()
    if name not in failures:
        raise Given(None, f"findings.{name}").wrong("it is missing.")
    detail = failures[name]["detail"].text(most=MAX_DETAIL)
    return Seen(operation, ms, error=error_of(failures[name]["code"], detail))


def error_of(code: Given, detail: str) -> PhotoError | InferenceError | SearchError:
    known: dict[str, Callable[[Any], PhotoError | InferenceError | SearchError]] = {}
    families: list[Any] = [PhotoError, InferenceError, SearchError]
    for each in families:  # grows while it is read: each class comes before those made of it
        known.setdefault(each.code, each)
        families += each.__subclasses__()
    return known[code.one_of(known)](detail)
