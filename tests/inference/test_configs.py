"""The model repository says of each model what the service thinks of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2
from tritonclient.utils import np_to_triton_dtype

from inference import roles
from inference.identity import ModelIdentity
from inference.spec import ANY, ModelSpec, TensorSpec

REPOSITORY = Path(__file__).parents[2] / "model_repository"
SPECS = {spec.name: spec for spec in vars(roles).values() if isinstance(spec, ModelSpec)}
CONFIGS = [
    *sorted(REPOSITORY.glob("*/config.pbtxt")),
    *sorted(REPOSITORY.glob("*/configs/*.pbtxt")),
]


NOT_PACKAGED = {  # no package carries a captioner, and a matcher is trained on one's own people
    "caption_encoder",
    "caption_decoder",
    "face_matcher",
}


def name_of(file: Path) -> str:
    return file.relative_to(REPOSITORY).parts[0]


def role_of(file: Path) -> str:
    return name_of(file).partition(".")[0]


@pytest.fixture(params=CONFIGS, ids=lambda file: str(file.relative_to(REPOSITORY)))
def file(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def config(file: Path) -> Any:
    return parsed(file)


def parsed(file: Path) -> Any:
    return text_format.Parse(file.read_text(), model_config_pb2.ModelConfig())


def parameters_of(config: Any) -> dict[str, str]:
    return {name: value.string_value for name, value in config.parameters.items()}


def written(tensors: Any) -> list[tuple[str, str, tuple[int, ...]]]:
    """Name, type and shape of each tensor of a configuration."""
    kind = model_config_pb2.DataType.Name
    return [(each.name, kind(each.data_type), tuple(each.dims)) for each in tensors]


def expected(tensors: tuple[TensorSpec, ...], config: Any) -> list[Any]:
    """The same of a spec; a size that the model decides is what its configuration says."""
    sizes = {each.name: each.dims for each in [*config.input, *config.output]}
    return [
        (
            spec.name,
            f"TYPE_{np_to_triton_dtype(np.dtype(spec.dtype))}",
            tuple(
                said if size == ANY else size
                for size, said in zip(spec.shape, sizes[spec.name], strict=True)
            ),
        )
        for spec in tensors
    ]


class TestConfigurations:
    def test_are_there_for_each_role_and_for_no_other(self) -> None:
        found = {role_of(path) for path in REPOSITORY.glob("*/config.pbtxt")}

        assert found == SPECS.keys() - NOT_PACKAGED

    def test_have_the_tensors_of_the_spec(self, file: Path, config: Any) -> None:
        spec = SPECS[role_of(file)]

        assert config.name == name_of(file)
        assert written(config.input) == expected(spec.inputs, config)
        assert written(config.output) == expected(spec.outputs, config)

    def test_take_as_many_at_once_as_the_spec_says(self, file: Path, config: Any) -> None:
        assert config.max_batch_size >= SPECS[role_of(file)].max_batch

    def test_let_triton_batch(self, config: Any) -> None:
        assert config.max_batch_size > 1
        assert config.HasField("dynamic_batching")

    def test_say_how_many_instances_run_where(self, file: Path, config: Any) -> None:
        target = "KIND_GPU" if file.name == "gpu.pbtxt" else "KIND_CPU"
        kind = model_config_pb2.ModelInstanceGroup.Kind.Name

        [group] = config.instance_group
        assert kind(group.kind) == target
        assert group.count >= 1

    def test_warm_the_model_up_with_its_inputs(self, file: Path, config: Any) -> None:
        names = {spec.name for spec in SPECS[role_of(file)].inputs}

        assert len(config.model_warmup) >= 1
        assert all(set(warmup.inputs) == names for warmup in config.model_warmup)

    def test_have_the_version_of_the_space_in_their_name(self, config: Any) -> None:
        version = config.parameters["space"].string_value.rpartition(":")[2]

        assert config.name.rpartition(".")[2] == version

    def test_are_run_by_the_onnxruntime_backend(self, config: Any) -> None:
        assert config.backend == "onnxruntime"

    def test_name_the_role_and_the_weights_in_the_space(self, file: Path, config: Any) -> None:
        said = parameters_of(config)

        role, weights, _ = said["space"].split(":")
        assert (role, weights) == (role_of(file), said["weights_sha256"][:16])

    @pytest.mark.parametrize("target", ["config.pbtxt", "configs/gpu.pbtxt"])
    def test_of_embedders_tell_whose_vectors_they_give(self, target: str) -> None:
        config = parsed(REPOSITORY / "face_embedder.packaged.1" / target)

        identity = ModelIdentity.from_config(parameters_of(config), {})

        assert identity.dimension > 0
        assert 0 < identity.same_person_cosine < 1
