"""Opens model.onnx with the settings of config.pbtxt, and checks that the two belong together.

Environment variables, for trying things out; config.pbtxt is where settings belong:
    KINDRED_ORT_INTRA_OP_THREADS        instead of the parameter intra_op_thread_count
    KINDRED_ORT_SPINNING                1: idle threads wait in a loop; faster alone, slower shared
    KINDRED_ORT_LOG_SEVERITY            0 verbose to 4 fatal; 3, errors, if not given
"""
# ruff: noqa: INP001  # no package: Triton puts this folder itself on sys.path

import os
from pathlib import Path

import onnxruntime as ort
import triton_python_backend_utils as pb_utils

TYPES = {
    "tensor(bool)": "TYPE_BOOL",
    "tensor(uint8)": "TYPE_UINT8",
    "tensor(uint16)": "TYPE_UINT16",
    "tensor(uint32)": "TYPE_UINT32",
    "tensor(uint64)": "TYPE_UINT64",
    "tensor(int8)": "TYPE_INT8",
    "tensor(int16)": "TYPE_INT16",
    "tensor(int32)": "TYPE_INT32",
    "tensor(int64)": "TYPE_INT64",
    "tensor(float16)": "TYPE_FP16",
    "tensor(float)": "TYPE_FP32",
    "tensor(double)": "TYPE_FP64",
    "tensor(string)": "TYPE_STRING",
}
OPTIMISATION = {
    -1: ort.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    1: ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    2: ort.GraphOptimizationLevel.ORT_DISABLE_ALL,
}
LOG_SEVERITY = int(os.environ.get("KINDRED_ORT_LOG_SEVERITY", "3"))

ort.set_default_logger_severity(LOG_SEVERITY)


def model_file(version_folder: Path, config: dict) -> Path:
    path = version_folder / (config.get("default_model_filename") or "model.onnx")
    if path.is_dir():
        path /= "model.onnx"
    if not path.exists():
        raise pb_utils.TritonModelException(
            f"unable to find '{path}' for model instance '{config['name']}'"
        )
    return path


def open_session(path: Path, config: dict, providers: list) -> ort.InferenceSession:
    return ort.InferenceSession(path, session_options(config), providers=providers)


def session_options(config: dict) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.log_severity_level = LOG_SEVERITY
    graph = (config.get("optimization") or {}).get("graph") or {}
    options.graph_optimization_level = OPTIMISATION.get(
        int(graph.get("level", 0)), ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    )
    threads = os.environ.get("KINDRED_ORT_INTRA_OP_THREADS")
    options.intra_op_num_threads = int(threads or parameter(config, "intra_op_thread_count", 0))
    options.inter_op_num_threads = parameter(config, "inter_op_thread_count", 0)
    if parameter(config, "execution_mode", 0) == 1:
        options.execution_mode = ort.ExecutionMode.ORT_PARALLEL
    options.enable_cpu_mem_arena = bool(parameter(config, "enable_mem_arena", 1))
    options.enable_mem_pattern = bool(parameter(config, "enable_mem_pattern", 1))
    # threads that wait in a loop take the cores of a small machine from the other models
    spinning = os.environ.get("KINDRED_ORT_SPINNING", "0")
    options.add_session_config_entry("session.intra_op.allow_spinning", spinning)
    return options


def parameter(config: dict, name: str, default: int) -> int:
    value = (config.get("parameters") or {}).get(name) or {}
    return int(value.get("string_value") or default)


def providers_for(kind: str, device: str) -> list:
    """Accelerators named in config.pbtxt (tensorrt, openvino) are not known here."""
    if kind == "GPU" and "CUDAExecutionProvider" in ort.get_available_providers():
        return [("CUDAExecutionProvider", {"device_id": int(device or 0)}), "CPUExecutionProvider"]
    return ["CPUExecutionProvider"]


def dimensions(node: ort.NodeArg) -> list:
    """Its shape, with -1 for what varies."""
    return [size if isinstance(size, int) and size >= 0 else -1 for size in node.shape]


def check(config: dict, session: ort.InferenceSession) -> None:
    """What the native backend checks of inputs and outputs when it loads a model.

    Raises TritonModelException, worded as the native backend words it.
    """
    inputs = {node.name: node for node in session.get_inputs()}
    outputs = {node.name: node for node in session.get_outputs()}
    for tensor in config.get("input", []):
        _check_tensor(config, "input", tensor, inputs)
    for tensor in config.get("output", []):
        _check_tensor(config, "output", tensor, outputs)
    _check_sequence(config)
    _check_complete(config, set(inputs))


def _check_tensor(config: dict, kind: str, tensor: dict, nodes: dict) -> None:
    name = tensor["name"]
    if name not in nodes:
        allowed = ", ".join(sorted(nodes))
        _refuse(config, f"unexpected inference {kind} '{name}', allowed {kind}s are: {allowed}")
    provided = TYPES.get(nodes[name].type)
    if provided != tensor["data_type"]:
        _refuse(
            config,
            f"configuration expects datatype {tensor['data_type']} for {kind} '{name}', "
            f"model provides {provided}",
        )
    _check_shape(config, kind, tensor, dimensions(nodes[name]))


def _check_shape(config: dict, kind: str, tensor: dict, provided: list) -> None:
    batching = int(config.get("max_batch_size", 0)) > 0
    shape = (tensor.get("reshape") or {}).get("shape", tensor["dims"])
    expected = [-1] * batching + [int(size) for size in shape]
    if batching and provided and provided[0] != -1:
        _refuse(
            config,
            "model configuration supports batching but first dimension of tensor "
            f"'{tensor['name']}' is {provided[0]}: expected it to be -1 (shape {provided})",
        )
    if provided and not _shapes_match(provided, expected, exactly=kind == "output"):
        _refuse(
            config,
            f"tensor '{tensor['name']}': the model expects {len(provided)} dimensions "
            f"(shape {provided}) but the model configuration specifies {len(expected)} "
            f"dimensions (shape {expected})",
        )


def _shapes_match(provided: list, expected: list, *, exactly: bool) -> bool:
    """An input may be narrower than what the model takes."""
    return len(provided) == len(expected) and all(
        have == want or (have == -1 and not exactly)
        for have, want in zip(provided, expected, strict=True)
    )


def _check_sequence(config: dict) -> None:
    if (config.get("sequence_batching") or {}).get("state"):
        _refuse(config, "implicit sequence state is not supported by this stand-in backend")


def _check_complete(config: dict, inputs: set) -> None:
    controls = (config.get("sequence_batching") or {}).get("control_input", [])
    configured = {tensor["name"] for tensor in [*controls, *config.get("input", [])]}
    missing = sorted(inputs - configured)
    if missing:
        _refuse(config, f"expected inputs {missing} are not in the model configuration")


def _refuse(config: dict, why: str) -> None:
    raise pb_utils.TritonModelException(f"unable to load model '{config['name']}', {why}")
