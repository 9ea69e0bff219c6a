"""Which model answers, and what its clients must know of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from inference.errors import InferenceCorrupt
from inference.geometry import Fit


@dataclass(frozen=True)
class ModelIdentity:
    """Which weights a model has, and what its clients must know: as its configuration says it."""

    role: str
    space: str  # names the space of its answers: role, weights and version
    weights_sha256: str
    version: str
    parameters: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]  # of one item, by input; ANY where it varies

    @classmethod
    def from_config(
        cls, parameters: Mapping[str, str], shapes: Mapping[str, tuple[int, ...]]
    ) -> Self:
        """From what the model's `config.pbtxt` says.

        Raises:
            KeyError, ValueError: it does not say which weights it has.
        """
        role, _, version = parameters["space"].split(":")
        return cls(
            role=role,
            space=parameters["space"],
            weights_sha256=parameters["weights_sha256"],
            version=version,
            parameters=parameters,
            shapes=shapes,
        )

    @property
    def dimension(self) -> int:
        """Numbers of an embedding."""
        return int(self.number("dimension"))

    @property
    def same_person_cosine(self) -> float:
        """Two faces at least so similar are taken for one person, -1 to 1."""
        return self.number("same_person_cosine")

    def number(self, parameter: str) -> float:
        """
        Raises:
            InferenceCorrupt: the configuration has no such number.
        """
        return float(self._said(parameter, float))

    def text(self, parameter: str) -> str:
        """
        Raises:
            InferenceCorrupt: the configuration does not say it.
        """
        return str(self._said(parameter, str))

    @property
    def fit(self) -> Fit:
        """How a photo becomes the model's input.

        Raises:
            InferenceCorrupt: the configuration does not say it.
        """
        return Fit(self._said("fit", Fit))

    def labels(self) -> tuple[str, ...]:
        """The names of the classes that a detector's answers count.

        Raises:
            InferenceCorrupt: the configuration does not list them.
        """
        return tuple(self._said("labels", json.loads))

    def _said(self, parameter: str, read: Callable[[str], Any]) -> Any:
        try:
            return read(self.parameters[parameter])
        except (KeyError, ValueError) as exc:
            raise InferenceCorrupt(
                f"{self.role}: the model's configuration does not say its {parameter}."
            ) from exc
