"""Which operations there are, and with which models they are done now."""

from collections.abc import Collection, Mapping
from hashlib import sha256

from django.conf import settings
from django.utils.translation import gettext

from inference import roles
from inference.errors import InferenceNotReady
from inference.spec import ModelSpec
from inference.tiles import Tiling
from jobs.errors import OperationUnavailable
from photos.operations import (
    ALL,
    CAPTION,
    DESCRIBE,
    EMBEDDING,
    FACES,
    OBJECTS,
    OCR,
    OPERATIONS,
    TAGS,
    Operation,
)
from photos.roles import active_models
from search.vocabulary import Vocabulary, load

ROLES: Mapping[str, tuple[ModelSpec, ...]] = {
    EMBEDDING: (roles.IMAGE_ENCODER,),
    FACES: (roles.FACE_DETECTOR, roles.FACE_EMBEDDER),
    OBJECTS: (roles.OBJECT_DETECTOR,),
    OCR: (roles.TEXT_DETECTOR, roles.TEXT_ORIENTER, roles.TEXT_RECOGNIZER),
    TAGS: (roles.IMAGE_ENCODER, roles.TEXT_ENCODER),
    CAPTION: (roles.CAPTION_ENCODER, roles.CAPTION_DECODER),
}
FINDINGS = (FACES, OBJECTS, OCR, TAGS)  # what a caption without a model is made of
TEMPLATE = "template.1"  # its next version when sentences are made in another way
TILES = "tiles.2"  # its next version when photos are looked at for faces in another way


def models_of(recipe: str) -> str:
    """Of a recipe of faces: what it begins with, however photos are looked at."""
    family, _, _ = TILES.partition(".")
    return recipe.partition(f"+{family}.")[0]


def current_recipes() -> dict[str, str]:
    """Those of the models that are active now. One query."""
    return configured_recipes(active_models(), load(settings.VOCABULARY_DIR))


def configured_recipes(active: Mapping[str, str], vocabulary: Vocabulary) -> dict[str, str]:
    """`recipes` as the settings have them."""
    return recipes(active, vocabulary, describer_recipe(), face_tiling())


def recipes(
    active: Mapping[str, str],
    vocabulary: Vocabulary,
    describer: str,
    tiling: Tiling = Tiling.OFF,
) -> dict[str, str]:
    """What each operation is done with, from the served name of each role's model.

    An operation whose roles have no model is not among them, nor is one that is not configured.
    Without a captioner, captions are made of what the others find. Faces that are looked for in
    tiles are done in another way than those that are not; and so are those with a head.
    """
    found = {
        operation: "+".join(active[spec.name] for spec in specs)
        for operation, specs in ROLES.items()
        if all(spec.name in active for spec in specs)
    }
    if FACES in found and roles.FACE_MATCHER.name in active:
        found[FACES] += f"+{active[roles.FACE_MATCHER.name]}"
    if FACES in found:
        found[FACES] += f"+{TILES}.{tiling}"
    if CAPTION not in found and any(name in found for name in FINDINGS):
        made_of = "+".join(found[name] for name in FINDINGS if name in found)
        found[CAPTION] = f"{TEMPLATE}.{sha256(made_of.encode()).hexdigest()[:16]}"
    if TAGS in found:
        found[TAGS] += f"+{vocabulary.digest}"
    if describer:
        found[DESCRIBE] = describer
    return found


def names_of(asked: Collection[str], recipes: Mapping[str, str]) -> list[str]:
    """The operations that are meant by `asked`, in the order of storing.

    Raises:
        OperationUnavailable: no model does one of them.
    """
    wanted = set(recipes) if ALL in asked else set(asked)
    if missing := sorted(wanted - recipes.keys()):
        raise OperationUnavailable(
            gettext("No model here does %(operation)r.") % {"operation": missing[0]}
        )
    return [name for name in OPERATIONS if name in wanted]


def needs_of(name: str, recipes: Mapping[str, str]) -> tuple[str, ...]:
    """The operations of `recipes` whose stored results the operation `name` is made of."""
    if name == TAGS:
        return (EMBEDDING,)
    if name != CAPTION:
        return ()
    made_of = FINDINGS if recipes[CAPTION].startswith(TEMPLATE) else (TAGS,)
    return tuple(each for each in made_of if each in recipes)


def with_needs(asked: Collection[str], operations: Mapping[str, Operation]) -> list[Operation]:
    """The operations that were asked for and those they are made of, in the order of storing.

    Raises:
        InferenceNotReady: there are none at all.
        OperationUnavailable: no model does one of them.
    """
    if not operations:
        raise InferenceNotReady("No models are known here: run `manage.py models sync`.")
    wanted: set[str] = set()
    left = names_of(asked, {name: each.recipe for name, each in operations.items()})
    while left:
        name = left.pop()
        if name not in wanted:
            wanted.add(name)
            left += operations[name].needs
    return [operations[name] for name in OPERATIONS if name in wanted]


def face_tiling() -> Tiling:
    """When faces are looked for in tiles of a photo."""
    return Tiling(settings.FACE_TILES)


def describer_recipe() -> str:
    """Of the one that is configured, or nothing."""
    return f"describer.{settings.DESCRIBER_MODEL}" if settings.DESCRIBER_URL else ""
