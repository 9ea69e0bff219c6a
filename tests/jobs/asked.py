"""A client that remembers, and a photo in which there is something."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from inference.arrays import RGB, Array
from inference.client import Inference
from inference.identity import ModelIdentity
from inference.spec import ModelSpec
from tests import served
from tests.inference.references import detector_reference

EMBEDDER, OTHER_EMBEDDER = served.FACE_EMBEDDER.name, "face_embedder.packaged.2"


@dataclass
class Asked:
    """A client that remembers which models were run."""

    client: Inference
    names: list[str] = field(default_factory=list)

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        self.names.append(model.name)
        return self.client.infer(model, **arrays)

    def identity(self, model: ModelSpec) -> ModelIdentity:
        return self.client.identity(model)


def picture() -> RGB:
    """A photo of which the original of the face detector says that it has faces."""
    reference = detector_reference()
    row = int(reference.index[0])
    image: RGB = reference.images[row]
    return image


def write_next_version(repository: Path) -> None:
    """The same weights under the next name: their space is another one."""
    folder = Path(shutil.copytree(repository / EMBEDDER, repository / OTHER_EMBEDDER))
    for name, of_one, of_two in (
        ("config.pbtxt", ':1" } }', ':2" } }'),
        ("config.pbtxt", EMBEDDER, OTHER_EMBEDDER),
        ("manifest.json", '"version": 1', '"version": 2'),
    ):
        file = folder / name
        file.write_text(file.read_text().replace(of_one, of_two))
