"""What a model says of itself, read from its `config.pbtxt`: without a server."""

from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from inference.arrays import Array
from inference.errors import InferenceNotReady
from inference.identity import ModelIdentity
from inference.spec import ModelSpec


@dataclass(frozen=True)
class DescribedModels:
    """The models of a repository, for those who must know them and run none."""

    repository: Path

    def identity(self, model: ModelSpec) -> ModelIdentity:
        """Which weights the model of this name has.

        Raises:
            InferenceNotReady: it is not in the repository, or does not say which.
        """
        file = self.repository / model.name / "config.pbtxt"
        try:
            config = text_format.Parse(file.read_text("utf-8"), model_config_pb2.ModelConfig())
            parameters = {key: each.string_value for key, each in config.parameters.items()}
            shapes = {tensor.name: tuple(tensor.dims) for tensor in config.input}
            return ModelIdentity.from_config(parameters, shapes)
        except (OSError, ValueError, KeyError, text_format.ParseError) as exc:
            raise InferenceNotReady(
                f"{model.name}: its configuration cannot be read: build it again (make models)."
            ) from exc

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        """
        Raises:
            InferenceNotReady: always.
        """
        raise InferenceNotReady(f"{model.name}: no model is run here.")
