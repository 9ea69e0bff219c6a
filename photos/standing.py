"""How the models stand: what our rows and the model server say of them, together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from django.conf import settings
from django.utils.translation import gettext

from inference import folders
from inference.control import Overview, State, Statistics
from photos.models import ServedModel
from photos.policy import EXPLICIT

ANY_DEVICE = "any"
MIXED = "mixed"  # some models run on one device, some on another
UNKNOWN = "unknown"  # no model has been loaded yet
_ANSWER_S = 2.0


@dataclass(frozen=True)
class Standing:
    """One model, now."""

    model: ServedModel
    state: State
    reason: str  # why it failed, in the server's words: for staff
    device: str  # what it runs on, or ran on last; empty: it was never loaded
    statistics: Statistics
    fault: str = ""  # why it is not loaded, whatever the server says; set by active()

    @classmethod
    def of(cls, model: ServedModel, overview: Overview, fault: str = "") -> Self:
        listed = overview.model(model.name)
        return cls(
            model=model,
            state=listed.state,
            reason=listed.reason,
            device=overview.devices.get(model.name, model.device),
            statistics=overview.statistics.get(model.name, Statistics()),
            fault=fault,
        )


def overview() -> Overview:
    """What the model server says. Waits two seconds at most for each of its answers."""
    return Overview.of(settings.TRITON_URL, timeout_s=_ANSWER_S)


def standings(models: Iterable[ServedModel], seen: Overview) -> list[Standing]:
    return [Standing.of(model, seen) for model in models]


def active(seen: Overview) -> list[Standing]:
    """Of each role's model, by role. One query, and a look at their files."""
    active = ServedModel.objects.with_active().filter(active_in__isnull=False)
    models = list(active.order_by("role"))
    faults = refused(models)
    return [Standing.of(model, seen, faults.get(model.name, "")) for model in models]


def refused(models: Iterable[ServedModel]) -> dict[str, str]:
    """Those whose files are not what was built, or could do harm, by name: with the reason."""
    repository: Path = settings.MODEL_REPOSITORY
    return folders.faults({model.name: repository / model.name for model in models})


def device(active: Sequence[Standing]) -> str:
    """What the models run on: cpu, cuda, mixed or unknown."""
    devices = {standing.device for standing in active if standing.device}
    if len(devices) > 1:
        return MIXED
    return next(iter(devices), UNKNOWN)


def problem(active: Sequence[Standing], seen: Overview) -> str:
    """Why photos can't be processed, in one sentence; empty if they can.

    A model need not be loaded, as the first call loads it, unless the server alone decides.
    """
    if not seen.answers:
        return gettext("The model server does not answer.")
    if not active:
        return gettext("No role has a model: run `manage.py models sync`.")
    for standing in active:
        if trouble := _trouble(standing, settings.MODEL_DEVICE):
            return trouble % {
                "model": standing.model.name,
                "device": standing.device,
                "wanted": settings.MODEL_DEVICE,
                "fault": standing.fault,
            }
    return ""


def _trouble(standing: Standing, wanted: str) -> str:
    match standing.state:
        case State.FAILED:
            return gettext(
                "The model %(model)s could not be loaded: the model server's log says why."
            )
        case State.MISSING:
            return gettext("The model %(model)s is not in the model server's repository.")
        case State.UNLOADED if settings.MODEL_CONTROL != EXPLICIT:
            return gettext(
                "The model %(model)s is not loaded, and MODEL_CONTROL leaves that to the model "
                "server."
            )
    if standing.fault:
        return gettext("The model %(model)s is not loaded any more: %(fault)s.")
    if wanted != ANY_DEVICE and standing.device not in ("", wanted):
        return gettext(
            "The model %(model)s runs on %(device)s, although MODEL_DEVICE is %(wanted)s."
        )
    return ""
