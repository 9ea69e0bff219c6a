"""A row of a pack: which weights a role's model comes from, and how it is served."""

from collections.abc import Mapping
from dataclasses import dataclass

from export.kinds import Kind
from export.weights import Weights


@dataclass(frozen=True)
class Target:
    """How a model is run on one sort of machine.

    `preferred`: batch sizes that Triton does not hold back. `delay_us`: how long a request waits
    for others to share a batch with. `threads`: of one instance; 0 leaves it to the runtime.
    """

    max_batch: int
    preferred: tuple[int, ...]
    delay_us: int
    instances: int
    threads: int = 0


@dataclass(frozen=True)
class Serving:
    cpu: Target
    gpu: Target


@dataclass(frozen=True)
class Model:
    """A role's model in a pack. A change that changes its answers needs a new `version`.

    `tolerance`: how far each output may lie from the original's, in the output's unit.
    """

    role: str
    pack: str
    version: int
    kind: Kind
    weights: tuple[Weights, ...]
    tolerance: Mapping[str, float]
    serving: Serving
    precision: str = "fp32"

    @property
    def name(self) -> str:
        """What Triton calls it. Another version is another model, so that two can be live."""
        return f"{self.role}.{self.pack}.{self.version}"
