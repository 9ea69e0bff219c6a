"""What is told of a training, and whether its head is worth having."""

import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import onnx
import onnxruntime
import torch

from training.epochs import Epoch
from training.faces import NOBODY, Faces
from training.fitting import Settings, Split
from training.metrics import Figures


@dataclass(frozen=True)
class Verdict:
    """Whether a head is kept: it tells people apart better whom it has never seen."""

    kept: bool
    reason: str

    @classmethod
    def of(cls, before: Figures, after: Figures, rate: float) -> "Verdict":
        """Neither the true acceptance rate nor the AUC may drop, and one of them must rise."""
        changes = {
            f"TAR at FAR {rate:g}": (before.tar[rate], after.tar[rate]),
            "AUC": (before.auc, after.auc),
        }
        told = ", ".join(f"{name} {old:.4f} -> {new:.4f}" for name, (old, new) in changes.items())
        if any(new < old for old, new in changes.values()):
            return cls(kept=False, reason=f"It tells people who were held out apart worse: {told}.")
        if all(new == old for old, new in changes.values()):
            return cls(
                kept=False, reason=f"It tells people who were held out apart as before: {told}."
            )
        return cls(kept=True, reason=f"It tells people who were held out apart better: {told}.")


def progress(epoch: Epoch, split: Split, settings: Settings) -> dict[str, object]:
    """A line for whoever shows how far it is."""
    return {
        "epoch": epoch.number,
        "epochs": settings.epochs,
        "loss": epoch.loss,
        "tar": epoch.held_out.tar[split.pairs.rate],
        "far": split.pairs.rate,
        "auc": epoch.held_out.auc,
    }


def report(
    faces: Faces, split: Split, settings: Settings, epochs: Sequence[Epoch], before: Figures
) -> dict[str, object]:
    """All but what the files come to."""
    after, rate = epochs[-1].held_out, split.pairs.rate
    return {
        **asdict(Verdict.of(before, after, rate)),
        "space": faces.space,
        "dimension": faces.vectors.shape[1],
        "metric": {"name": "tar", "far": rate},
        "held_out": {"before": _figures(before), "after": _figures(after)},
        "losses": [each.loss for each in epochs],
        "counts": _counts(faces, split),
        "settings": asdict(settings),
        "faces_sha256": faces.sha256,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
            "onnx": onnx.__version__,
            "onnxruntime": onnxruntime.__version__,
        },
    }


def _figures(figures: Figures) -> dict[str, object]:
    return {
        "tar": {f"{rate:g}": value for rate, value in figures.tar.items()},
        "auc": figures.auc,
        "separation": figures.separation,
    }


def _counts(faces: Faces, split: Split) -> dict[str, int]:
    confirmed = faces.person != NOBODY
    learnt, held_out = np.isin(faces.person, split.learnt), np.isin(faces.person, split.held_out)
    return {
        "people_learnt": len(split.learnt),
        "people_held_out": len(split.held_out),
        "faces_learnt": int(learnt.sum()),
        "faces_held_out": int(held_out.sum()),
        "faces_left_out": int((confirmed & ~learnt & ~held_out).sum()),  # of people with too few
        "rejected_pairs": len(faces.rejected),
        "held_out_pairs_same": len(split.pairs.same),
        "held_out_pairs_different": len(split.pairs.different),
    }
