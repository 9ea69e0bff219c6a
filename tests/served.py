"""The models of the pack `packaged`, as the tests' model server has them."""

from pathlib import Path

from django.conf import settings

from inference import roles
from inference.spec import ModelSpec

PACK = "packaged.1"


def served(model: ModelSpec) -> ModelSpec:
    """The spec of a role, of the model that `make models` builds for it."""
    return model.at(f"{model.name}.{PACK}")


FACE_DETECTOR = served(roles.FACE_DETECTOR)
FACE_EMBEDDER = served(roles.FACE_EMBEDDER)
OBJECT_DETECTOR = served(roles.OBJECT_DETECTOR)
IMAGE_ENCODER = served(roles.IMAGE_ENCODER)
TEXT_ENCODER = served(roles.TEXT_ENCODER)
TEXT_DETECTOR = served(roles.TEXT_DETECTOR)
TEXT_ORIENTER = served(roles.TEXT_ORIENTER)
TEXT_RECOGNIZER = served(roles.TEXT_RECOGNIZER)
SPECS = (
    FACE_DETECTOR,
    FACE_EMBEDDER,
    OBJECT_DETECTOR,
    IMAGE_ENCODER,
    TEXT_ENCODER,
    TEXT_DETECTOR,
    TEXT_ORIENTER,
    TEXT_RECOGNIZER,
)
MODELS = tuple(model.name for model in SPECS)


def are_built() -> bool:
    return all(beside(model, "model.onnx").exists() for model in SPECS)


def beside(model: ModelSpec, file: str) -> Path:
    """A file that lies beside the model in the repository, or the model itself."""
    repository: Path = settings.MODEL_REPOSITORY
    return repository / model.name / "1" / file
