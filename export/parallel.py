"""Nets that run beside each other in one graph."""

from collections.abc import Mapping

from onnx import ModelProto, compose, helper, numpy_helper
from onnx.parser import parse_model

from export.graphs import HEADER
from export.kinds import Array


def side_by_side(*nets: ModelProto) -> ModelProto:
    """One net with the inputs and the outputs of all, in the order of `nets`."""
    whole = parse_model(f"{HEADER} whole () => () {{ }}")
    for number, net in enumerate(nets):
        whole.graph.MergeFrom(compose.add_prefix(net, f"{number}/").graph)
    return whole


def passed_on(form: str) -> ModelProto:
    """A net that gives what it takes, for what comes after another net: `form` as in float[B,4]."""
    return parse_model(
        f"{HEADER} passed_on ({form} given) => ({form} same) {{ same = Identity (given) }}"
    )


def constants(arrays: Mapping[str, Array]) -> ModelProto:
    """A net that gives the same arrays whatever it is asked; it has no inputs."""
    weights = [numpy_helper.from_array(array, f"{name}_weight") for name, array in arrays.items()]
    steps = [helper.make_node("Identity", [f"{name}_weight"], [name]) for name in arrays]
    outputs = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
        )
        for name, array in arrays.items()
    ]
    net = parse_model(f"{HEADER} constants () => () {{ }}")
    net.graph.node.extend(steps)
    net.graph.initializer.extend(weights)
    net.graph.output.extend(outputs)
    return net
