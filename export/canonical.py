"""The same bytes for the same net, whatever order and names a converter happened to give it."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, helper


def ordered(net: ModelProto, outputs: Iterable[str] = ()) -> ModelProto:
    """`net`, with only what its `outputs` need, all of them by default.

    Steps are in the order in which the outputs need them, and values are named by that order.
    Equal weights are one. Inputs and outputs keep their names.
    """
    wanted = list(outputs) or [value.name for value in net.graph.output]
    steps = _steps(net.graph, wanted)
    weights = _Weights(net.graph.initializer)
    names = {name: name for name in [*(value.name for value in net.graph.input), *wanted]}
    for number, step in enumerate(steps):
        names |= {name: weights.name(name) for name in step.input if name in weights}
        for place, name in enumerate(step.output):
            names.setdefault(name, f"value_{number}_{place}")
    return helper.make_model(
        helper.make_graph(
            [_renamed(step, names) for step in steps],
            "net",
            list(net.graph.input),
            [_output(net.graph, name) for name in wanted],
            weights.used,
        ),
        ir_version=net.ir_version,
        opset_imports=[opset for opset in net.opset_import if opset.domain in ("", "ai.onnx")],
    )


class _Weights:
    """Weights that get a name when they are first used; equal ones get the same."""

    def __init__(self, weights: Iterable[TensorProto]) -> None:
        self._weights = {weight.name: weight for weight in weights}
        self._kept: dict[bytes, TensorProto] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._weights

    @property
    def used(self) -> list[TensorProto]:
        return list(self._kept.values())

    def name(self, old: str) -> str:
        weight = TensorProto()
        weight.CopyFrom(self._weights[old])
        weight.name = ""
        content = sha256(weight.SerializeToString(deterministic=True)).digest()
        if content not in self._kept:
            weight.name = f"weight_{len(self._kept)}"
            self._kept[content] = weight
        return self._kept[content].name


def _steps(graph: GraphProto, outputs: Iterable[str]) -> list[NodeProto]:
    """What makes `outputs`: depth first, along the inputs of each step."""
    makers = {name: step for step in graph.node for name in step.output}
    done: dict[str, NodeProto] = {}
    left = [makers[name] for name in reversed(list(outputs))]
    while left:
        needs = [makers[name] for name in left[-1].input if name in makers]
        missing = [step for step in needs if step.output[0] not in done]
        if missing:
            left.extend(reversed(missing))
        else:
            step = left.pop()
            done.setdefault(step.output[0], step)
    return list(done.values())


def _renamed(step: NodeProto, names: Mapping[str, str]) -> NodeProto:
    """A copy without what only people read. An input that is left out has no name."""
    return NodeProto(
        op_type=step.op_type,
        domain=step.domain,
        input=[names.get(name, name) for name in step.input],
        output=[names[name] for name in step.output],
        attribute=sorted(step.attribute, key=lambda attribute: attribute.name),
    )


def _output(graph: GraphProto, name: str) -> ValueInfoProto:
    """An output's form, where the net declares it; onnx works out the others."""
    declared = (value for value in graph.output if value.name == name)
    return next(declared, ValueInfoProto(name=name))
