"""When models come and go, and how they are reached: as the settings say."""

from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.utils.translation import gettext

from inference.shared_memory import is_this_machine
from photos.errors import ModelControlOff, ModelInUse, ModelPinned
from photos.models import ServedModel

NOTE_S = 10.0  # the use of a model is noted as often by each process, not more
EXPLICIT = "explicit"


@dataclass(frozen=True)
class Policy:
    """When models come and go."""

    explicit: bool  # they do as we say; otherwise the server alone decides
    load_s: float  # a request waits so long for its model
    call_s: float  # a call to a model takes no longer
    idle_s: float  # then a model goes; 0: never
    memory_bytes: int  # of all loaded models together; 0: any

    @classmethod
    def from_settings(cls) -> Self:
        return cls(
            explicit=settings.MODEL_CONTROL == EXPLICIT,
            load_s=settings.MODEL_LOAD_TIMEOUT_S,
            call_s=settings.TRITON_TIMEOUT_S,
            idle_s=settings.MODEL_IDLE_MINUTES * 60,
            memory_bytes=int(settings.MODEL_MEMORY_MB * 2**20),
        )

    @property
    def in_use_s(self) -> float:
        """A call may be running for so long after the last one was noted."""
        return NOTE_S + self.call_s

    def check_control(self) -> None:
        """
        Raises:
            ModelControlOff: the server alone decides.
        """
        if not self.explicit:
            raise ModelControlOff(
                gettext(
                    "Models are loaded and unloaded by the model server alone (MODEL_CONTROL=none)."
                )
            )

    def check_free(self, model: ServedModel) -> None:
        """
        Raises:
            ModelInUse, ModelPinned: it stays.
        """
        if model.pinned:
            raise ModelPinned(
                gettext("%(model)s is pinned: unpin it first.") % {"model": model.name}
            )
        if model.is_in_use(within_s=self.in_use_s):
            raise ModelInUse(
                gettext(
                    "%(model)s is in use, or was a moment ago: try again in %(seconds).0f seconds."
                )
                % {"model": model.name, "seconds": self.in_use_s}
            )


def shares_memory(url: str) -> bool:
    """Whether large inputs reach the server at `url` through memory, as the settings say."""
    mode = settings.TRITON_SHARED_MEMORY
    return mode == "on" or (mode == "auto" and is_this_machine(url))
