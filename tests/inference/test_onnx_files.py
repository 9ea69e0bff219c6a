"""Whether a file is an ONNX model that stands alone, before anything reads it."""

import pickle
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.onnx_files import FileRefused, check
from inference.spec import ModelSpec
from tests.export.exporting import need_built_models, python
from tests.inference.onnx_bytes import (
    INT8,
    STRING,
    attribute,
    entry,
    field,
    graph_node,
    graph_tensor,
    model,
    node,
    tensor,
)
from tests.served import SPECS, beside

GOOD = model(graph_node(node("Relu")), graph_tensor(tensor((2, 1), bytes(8))))
OUTSIDE = field(14, 1)
_WRITE = """
import sys
import numpy as np, onnx
from onnx import TensorProto, helper, numpy_helper

folder = sys.argv[1]
x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B"]) for name in "xy")

def save(name, nodes, weights=(), functions=(), **how):
    graph = helper.make_graph(nodes, "g", [x], [y], weights)
    sets = [helper.make_opsetid("", 21), helper.make_opsetid("own", 1)]
    net = helper.make_model(graph, opset_imports=sets, functions=functions)
    onnx.save(net, f"{folder}/{name}", **how)

relu = helper.make_node("Relu", ["x"], ["y"])
weights = [
    numpy_helper.from_array(np.zeros((2, 3), kind), f"w{kind}")
    for kind in ("float16", "float32", "float64", "int8", "uint8", "int32", "int64", "bool")
]
strings = helper.make_tensor("s", TensorProto.STRING, [2], [b"a", b"b"])
typed = helper.make_tensor("t", TensorProto.INT8, [3], [-1, 0, 1])
small = helper.make_tensor("i4", TensorProto.INT4, [3], [1, 2, 3])
scalar = numpy_helper.from_array(np.array(1.0, np.float32), "one")
empty = numpy_helper.from_array(np.zeros((0, 4), np.float32), "none")
save("plain.onnx", [relu], [*weights, strings, typed, small, scalar, empty])
inner = helper.make_graph([helper.make_node("Identity", ["x"], ["z"])], "i", [], [
    helper.make_tensor_value_info("z", TensorProto.FLOAT, ["B"])
], weights[:1])
constant = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.array([True])))
save("branches.onnx", [constant, helper.make_node(
    "If", ["c"], ["y"], then_branch=inner, else_branch=inner
)])
own = helper.make_function("own", "Twice", ["a"], ["b"], [
    helper.make_node("Add", ["a", "a"], ["b"])
], [helper.make_opsetid("", 21)])
twice = helper.make_node("Twice", ["x"], ["y"], domain="own")
save("function.onnx", [twice], functions=[own])
save("custom.onnx", [twice])
away = {"save_as_external_data": True, "location": "w", "size_threshold": 0}
save("outside.onnx", [relu], weights[1:2], **away)
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that the library `onnx` has written."""
    need_built_models()
    folder = tmp_path_factory.mktemp("onnx")
    ran = python("-c", _WRITE, folder)
    assert ran.returncode == 0, ran.stderr
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "model.onnx"


def refusal(file: Path) -> str:
    """What is said of the file; empty: it is one."""
    try:
        check(file)
    except FileRefused as exc:
        return str(exc)
    return ""


class TestCheck:
    @pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
    def test_lets_every_model_of_ours_pass(self, spec: ModelSpec) -> None:
        need_built_models()

        assert refusal(beside(spec, "model.onnx")) == ""

    @pytest.mark.parametrize("name", ["plain", "branches", "function"])
    def test_lets_pass_what_the_library_writes(self, written: Path, name: str) -> None:
        assert refusal(written / f"{name}.onnx") == ""

    def test_refuses_what_takes_a_library_of_its_own(self, written: Path) -> None:
        with pytest.raises(FileRefused, match=r"operator Twice of own, .* a library of its own"):
            check(written / "custom.onnx")

    def test_refuses_weights_that_the_library_put_elsewhere(self, written: Path) -> None:
        with pytest.raises(FileRefused, match="the weights 'wfloat32' outside of itself"):
            check(written / "outside.onnx")

    @pytest.mark.parametrize(
        "location", ["../../../etc/passwd", "/etc/passwd", "..\\..\\x", "weights.bin"]
    )
    @pytest.mark.parametrize("where", ["initializer", "attribute", "branch", "sparse", "function"])
    def test_refuses_weights_that_lie_elsewhere(
        self, file: Path, location: str, where: str
    ) -> None:
        away = tensor((1,), b"", entry("location", location), OUTSIDE)
        constant = graph_node(node("Constant", attribute(5, away)))
        file.write_bytes(
            {
                "initializer": model(graph_tensor(away)),
                "attribute": model(constant),
                "branch": model(graph_node(node("If", attribute(6, constant)))),
                "sparse": model(field(15, field(1, away))),
                "function": model(functions=field(25, field(7, node("C", attribute(5, away))))),
            }[where]
        )

        with pytest.raises(FileRefused, match="has the weights 'w' outside of itself"):
            check(file)

    @pytest.mark.parametrize(
        "weights",
        [
            tensor((2**30,), bytes(8)),
            tensor((2**62, 2**62), bytes(8)),
            tensor((2**64 - 1,), bytes(8)),
            tensor((1,), bytes(8)),
            tensor((2**32,), b"", kind=INT8),
            field(1, 2**30) + field(2, STRING) + field(8, "w") + field(6, "one"),
            field(1, 2**32) + field(2, INT8) + field(8, "w") + field(5, bytes(4)),
        ],
    )
    def test_refuses_a_tensor_that_says_it_is_larger_than_it_is(
        self, file: Path, weights: bytes
    ) -> None:
        file.write_bytes(model(graph_tensor(weights)))

        with pytest.raises(FileRefused, match=r"the weights 'w' say that they are \d+ long"):
            check(file)

    def test_refuses_a_length_that_leads_out_of_the_file(self, file: Path) -> None:
        file.write_bytes(GOOD[:-1])

        with pytest.raises(FileRefused, match="it is cut off"):
            check(file)

    def test_refuses_operators_of_a_library_inside_of_a_branch(self, file: Path) -> None:
        inside = graph_node(node("Run", domain="ai.onnx.contrib"))
        file.write_bytes(model(graph_node(node("If", attribute(6, inside)))))

        with pytest.raises(FileRefused, match=r"the operator Run of ai\.onnx\.contrib"):
            check(file)

    @pytest.mark.parametrize("operator", ["EPContext", "PythonOp"])
    def test_refuses_operators_that_run_programs(self, file: Path, operator: str) -> None:
        file.write_bytes(model(graph_node(node(operator, domain="com.microsoft"))))

        with pytest.raises(FileRefused, match=f"the operator {operator}, which runs a program"):
            check(file)

    @pytest.mark.parametrize("protocol", range(2, 6))
    def test_refuses_a_pickle_whatever_it_is_called(self, file: Path, protocol: int) -> None:
        file.write_bytes(pickle.dumps({"weights": [1.0]}, protocol))

        with pytest.raises(FileRefused, match="it is a pickle"):
            check(file)

    @pytest.mark.parametrize("protocol", [0, 1])
    def test_takes_no_old_pickle_for_a_model(self, file: Path, protocol: int) -> None:
        file.write_bytes(pickle.dumps({"weights": [1.0]}, protocol))

        with pytest.raises(FileRefused, match=r"it is no ONNX file|it is cut off"):
            check(file)

    def test_refuses_a_zip_archive_with_a_pickle(self, file: Path) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps([1]))

        with pytest.raises(FileRefused, match="it is a zip archive"):
            check(file)

    @pytest.mark.parametrize("content", [b"", b"hello", b"{}", b"\x7fELF\x02\x01", GOOD[-6:]])
    def test_refuses_what_is_no_model(self, file: Path, content: bytes) -> None:
        file.write_bytes(content)

        with pytest.raises(FileRefused):
            check(file)

    def test_refuses_what_is_nested_without_an_end(self, file: Path) -> None:
        graph = b""
        for _ in range(200):
            graph = graph_node(node("If", attribute(6, graph)))
        file.write_bytes(model(graph))

        with pytest.raises(FileRefused, match="nested too deeply"):
            check(file)

    @settings(max_examples=300)
    @given(st.data())
    def test_says_no_more_than_yes_or_no_of_any_bytes(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        changed = bytearray(GOOD)
        for _ in range(data.draw(st.integers(1, 4))):
            changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
        content = data.draw(st.sampled_from([bytes(changed), data.draw(st.binary(max_size=60))]))
        file = tmp_path_factory.getbasetemp() / "any.onnx"
        file.write_bytes(content)

        assert refusal(file) == "" or content != GOOD  # and nothing else is raised
