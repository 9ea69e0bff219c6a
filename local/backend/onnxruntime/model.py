"""Triton's backend `onnxruntime`, written in Python: a stand-in for NVIDIA's native one.

It reads the same repository, config.pbtxt and model.onnx, and refuses the same mistakes in the
same words, with the onnxruntime package of the environment that starts the server.
Source: the Python-based backends of Triton's documentation (triton-inference-server/backend).
"""

# ruff: noqa: INP001  # no package: Triton puts this folder itself on sys.path

import os
from pathlib import Path

import numpy as np
import triton_python_backend_utils as pb_utils
from sessions import (
    TYPES,
    check,
    dimensions,
    model_file,
    open_session,
    providers_for,
)

if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
    # this server's stub reads a wrong item size from numpy 2: results are wrong without an error
    raise RuntimeError(f"the model server's environment needs numpy<2, and has {np.__version__}")

DEFAULT_MAX_BATCH = int(os.environ.get("KINDRED_ORT_DEFAULT_MAX_BATCH", "4"))  # as the native one


class TritonPythonModel:
    """What Triton's Python stub asks for; one for each instance of a model."""

    @staticmethod
    def auto_complete_config(auto_complete_model_config):
        """Fill in what config.pbtxt leaves out, from the model itself."""
        config = auto_complete_model_config.as_dict()
        if not (config.get("input") and config.get("output")):
            path = model_file(_version_folder(), config)
            session = open_session(path, config, ["CPUExecutionProvider"])
            _complete(auto_complete_model_config, config, session)
        return auto_complete_model_config

    def initialize(self, args):
        self.config = pb_utils.json.loads(args["model_config"])
        self.batching = int(self.config.get("max_batch_size", 0)) > 0
        folder = Path(args["model_repository"], args["model_version"])
        providers = providers_for(args["model_instance_kind"], args["model_instance_device_id"])
        self.session = open_session(model_file(folder, self.config), self.config, providers)
        check(self.config, self.session)
        self.inputs = [node.name for node in self.session.get_inputs()]
        self.outputs = [tensor["name"] for tensor in self.config["output"]]
        self.reshapes = {
            tensor["name"]: tensor["reshape"].get("shape", [])
            for tensor in self.config["input"]
            if tensor.get("reshape")
        }

    def execute(self, requests):
        if self.batching:
            return self._answer(requests)
        return [self._answer([request])[0] for request in requests]

    def finalize(self):
        self.session = None

    def _answer(self, requests):
        """One run of the model for all requests. If it fails, it fails for all of them."""
        wanted = self._wanted(requests)
        try:
            parts = {
                name: [self._array(request, name) for request in requests] for name in self.inputs
            }
            feed = {name: _joined(arrays) for name, arrays in parts.items()}
            arrays = dict(zip(wanted, self.session.run(wanted, feed), strict=True))
        except Exception as exc:  # noqa: BLE001  # onnxruntime's errors have no common class
            return [_error(exc) for _ in requests]
        sizes = [len(array) for array in parts[self.inputs[0]]] if len(requests) > 1 else [None]
        return self._responses(requests, arrays, sizes)

    def _wanted(self, requests):
        asked = {name for request in requests for name in request.requested_output_names()}
        return [name for name in self.outputs if name in asked] or self.outputs

    def _array(self, request, name):
        array = pb_utils.get_input_tensor_by_name(request, name).as_numpy()
        if array.dtype == np.object_:  # Triton has bytes, onnxruntime wants text
            texts = [each.decode() if isinstance(each, bytes) else each for each in array.flat]
            array = np.array(texts, dtype=np.object_).reshape(array.shape)
        if name in self.reshapes:
            batch = array.shape[:1] if self.batching else ()
            array = array.reshape(batch + tuple(self.reshapes[name]))
        return array

    def _responses(self, requests, arrays, sizes):
        responses, first = [], 0
        for request, size in zip(requests, sizes, strict=True):
            last = None if size is None else first + size
            asked = [name for name in arrays if name in request.requested_output_names()]
            responses.append(
                pb_utils.InferenceResponse(
                    [
                        # a model that does not batch may answer with a number, which has no rows
                        pb_utils.Tensor(
                            name, arrays[name] if last is None else arrays[name][first:last]
                        )
                        for name in asked or arrays
                    ]
                )
            )
            first = last
        return responses


def _joined(arrays):
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _error(exc):
    """One for each response: of a shared one, some clients get the status UNKNOWN."""
    error = pb_utils.TritonError(f"onnx runtime error: {exc}", pb_utils.TritonError.INTERNAL)
    return pb_utils.InferenceResponse(error=error)


def _version_folder():
    """auto_complete_config() is not told where the model is, but our own command line has it:
    <stub> <repository>/<model>/<version>/model.py ...
    """
    words = Path("/proc/self/cmdline").read_bytes().split(b"\0")
    return Path(words[1].decode()).parent


def _complete(target, config, session):
    sides = {
        "input": (session.get_inputs(), target.add_input),
        "output": (session.get_outputs(), target.add_output),
    }
    nodes = [node for side, _ in sides.values() for node in side]
    max_batch = _complete_batching(target, config, nodes)
    for key, (side, add) in sides.items():
        for node in () if config.get(key) else side:
            sizes = dimensions(node)[1 if max_batch else 0 :]
            add({"name": node.name, "data_type": TYPES[node.type], "dims": sizes})


def _complete_batching(target, config, nodes):
    """The largest batch; 0 for a model that takes none."""
    max_batch = int(config.get("max_batch_size", 0))
    if not all(dimensions(node)[:1] == [-1] for node in nodes):
        if max_batch:
            raise pb_utils.TritonModelException(
                f"autofill failed for model '{config['name']}': model does not support batching "
                "while non-zero max_batch_size is specified"
            )
        return 0
    if not max_batch:
        max_batch = DEFAULT_MAX_BATCH
        target.set_max_batch_size(max_batch)
    if max_batch > 1 and "sequence_batching" not in config:
        target.set_dynamic_batching()
    return max_batch
