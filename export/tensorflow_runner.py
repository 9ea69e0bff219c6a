"""Runs a net by TensorFlow itself: `python -m export.tensorflow_runner FILE [OUTPUT ...]`.

It is a child of export/tensorflow_nets.py, in an environment of its own. What comes in on standard
input is one request, inputs by their names; what goes out on standard output are the outputs.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from export.streams import receive, send

Arrays = Mapping[str, NDArray[np.generic]]


def main(file: str, *outputs: str) -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what TensorFlow prints is no answer
    run = lite(file) if file.endswith(".tflite") else frozen_graph(file, outputs)
    while (inputs := receive(sys.stdin.buffer)) is not None:
        send(answers, run(inputs))


def frozen_graph(file: str, outputs: Sequence[str]) -> Callable[[Arrays], Arrays]:
    definition = tf.compat.v1.GraphDef()
    with open(file, "rb") as content:  # noqa: PTH123  # tf.io would do the same
        definition.ParseFromString(content.read())
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(definition, name="")
    session = tf.compat.v1.Session(graph=graph)
    return lambda inputs: session.run({name: name for name in outputs}, dict(inputs))


def lite(file: str) -> Callable[[Arrays], Arrays]:
    """Inputs and outputs by their names in the file; a batch is one item, as the file has it."""
    net = tf.lite.Interpreter(file)
    net.allocate_tensors()

    def run(inputs: Arrays) -> Arrays:
        for given in net.get_input_details():
            net.set_tensor(given["index"], inputs[given["name"]])
        net.invoke()
        return {made["name"]: net.get_tensor(made["index"]) for made in net.get_output_details()}

    return run


if __name__ == "__main__":
    main(*sys.argv[1:])
