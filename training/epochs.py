"""What a training has come to, epoch by epoch: in a file it outlives a kill."""

import os
import pickle  # nosec B403  # for the name of an error; torch reads weights alone
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from training import Refused
from training.metrics import Figures


@dataclass(frozen=True)
class Epoch:
    """How far the training is."""

    number: int  # from 1
    loss: float  # mean of its batches
    held_out: Figures


class Stateful(Protocol):
    """A net, an optimizer or a schedule of PyTorch."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any: ...


@dataclass
class Memory:
    """The epochs that are done; with a `file`, what goes on from there as well."""

    of: str = ""  # the faces and settings: another training begins anew
    file: Path | None = None
    epochs: list[Epoch] = field(default_factory=list)

    def restore(self, parts: Mapping[str, Stateful], random: np.random.Generator) -> None:
        """Put `parts` and `random` back to where they were after the last epoch, if there was one.

        Raises:
            Refused: checkpoint_unreadable.
        """
        if self.file is None or not self.file.exists():
            return
        try:
            stored = torch.load(self.file, weights_only=True)
            if stored["of"] != self.of:
                return
            for name, part in parts.items():
                part.load_state_dict(stored[name])
            random.bit_generator.state = stored["random"]
            self.epochs = [_epoch(each) for each in stored["epochs"]]
        except _UNREADABLE as exc:
            raise Refused("checkpoint_unreadable", f"{self.file.name}: {exc}") from exc

    def keep(
        self, epoch: Epoch, parts: Mapping[str, Stateful], random: np.random.Generator
    ) -> None:
        """`epoch` is done; a kill leaves the file of this one, or whole that of the one before."""
        self.epochs.append(epoch)
        if self.file is None:
            return
        new = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        stored = {name: part.state_dict() for name, part in parts.items()} | {
            "of": self.of,
            "random": random.bit_generator.state,
            "epochs": [asdict(each) for each in self.epochs],
        }
        torch.save(stored, new)
        new.replace(self.file)


_UNREADABLE = (
    OSError, EOFError, RuntimeError, pickle.UnpicklingError, zipfile.BadZipFile, KeyError,
    TypeError, ValueError,
)  # fmt: skip


def _epoch(row: Mapping[str, Any]) -> Epoch:
    return Epoch(row["number"], row["loss"], Figures(**row["held_out"]))
