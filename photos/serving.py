"""Models are loaded when they are needed, and gone when idle.

Loads and unloads are done by one process at a time: the lock is PostgreSQL's. What is loaded the
server alone knows; what is in use is in our rows, as calls come from many processes.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now

from inference import folders
from inference.client import TritonClient
from inference.control import Listed, State, TritonControl
from inference.errors import InferenceNotReady, InferenceTimeout
from photos import heads, roles
from photos.errors import ModelInUse, ModelPinned
from photos.locks import LockTaken, borrowed_connection, one_at_a_time
from photos.models import Role, ServedModel, ServedModelQuerySet
from photos.policy import NOTE_S, Policy, shares_memory

log = logging.getLogger(__name__)

LOCK = 4_713  # ours among PostgreSQL's advisory locks
_ANSWER_S = 5.0  # for the server to say what it has
_LEAVE_S = 10.0  # for a model to go, before another one takes its memory
_noted: dict[str, float] = {}  # by this process: served name -> monotonic seconds


class _Busy(InferenceTimeout):
    """Somebody else was loading or unloading all the time."""


@dataclass(frozen=True)
class UnloadedAll:
    """What came of unloading all models."""

    unloaded: list[str]
    kept: dict[str, str]  # name -> code of the reason


@dataclass(frozen=True)
class PostgresKeeper:
    """Has models loaded at the server at `url` while they are needed, as they lie in `repository`.

    For all threads, outside of transactions: a load takes its time.
    """

    url: str
    policy: Policy
    repository: Path
    noted: dict[str, float] = field(default_factory=dict, compare=False)

    def using(self, model: str) -> None:
        """As promised by Keeper: one UPDATE in `NOTE_S` by this process, otherwise nothing."""
        now = time.monotonic()
        if now - self.noted.get(model, -NOTE_S) < NOTE_S:
            return
        self.noted[model] = now  # first, so that other threads don't note it too
        with borrowed_connection():
            ServedModel.objects.filter(name=model).update(last_used_at=Now())

    def have(self, model: str) -> None:
        """Have the model of this name loaded. Whoever else loads it meanwhile is waited for.

        A memory budget never keeps a model from being loaded, as work would stand still: others
        go for it, and if these are all in use or pinned there are more for a while.

        Raises:
            InferenceNotReady: there is no such model, or it can't be loaded.
            ModelRefused: its files are not those that were built, or could do harm.
            InferenceUnavailable, InferenceTimeout: try again later.
        """
        with borrowed_connection():
            row = ServedModel.objects.filter(name=model).first()
            if row is None:
                raise InferenceNotReady(f"{model}: there is no such model in the repository.")
            self._have(row)
            ServedModel.objects.filter(pk=row.pk).update(last_used_at=Now())

    def renew(self, model: str) -> None:
        """Have the model of this name loaded anew, once for all who saw it dead.

        Raises:
            InferenceError: as have().
        """
        with borrowed_connection():
            row = ServedModel.objects.filter(name=model).first()
            if row is None:
                raise InferenceNotReady(f"{model}: there is no such model in the repository.")
            with self._alone(self.policy.load_s) as control:
                seen = row.loaded_at
                row.refresh_from_db()
                if row.loaded_at == seen:
                    log.warning("%s has died: it is loaded anew", model)
                    self._unload(control, row)
                    self._load(control, row, self.policy.load_s)

    def load(self, model: ServedModel) -> None:
        """As have(), for somebody who asks for it; that is no use of the model.

        Raises:
            ModelControlOff: the server alone decides.
            InferenceError: as have().
        """
        self.policy.check_control()
        self._have(model)

    def switch(self, model: ServedModel) -> Role:
        """Let the model's role have `model` from now on, once it is loaded.

        Raises:
            FacesMustFollow: it is a head.
            InferenceError: as have(); the role has what it had.
        """
        heads.check_none(model.role)
        self._ready(model)
        return roles.activate(model)

    def switch_pack(self, pack: str) -> list[Role]:
        """Let all roles that `pack` has a model for have it, at once: pairs stay pairs.

        Raises:
            ModelUnknown: there is no such pack.
            InferenceError: as have(), of the first that can't be loaded; nothing is switched.
        """
        models = roles.of_pack(pack)
        for model in models:
            self._ready(model)
        with transaction.atomic():
            return [roles.activate(model) for model in models]

    def _ready(self, model: ServedModel) -> None:
        folders.check(self.repository / model.name)  # also if it was loaded before
        if self.policy.explicit:
            self._have(model)
            return
        with TritonControl(self.url, timeout_s=_ANSWER_S) as control:
            if control.state(model.name) is not State.LOADED:
                raise InferenceNotReady(f"{model.name}: the model server has not loaded it.")

    def unload(self, model: ServedModel) -> None:
        """Have `model` not loaded.

        Raises:
            ModelInUse, ModelPinned: it stays.
            ModelControlOff: the server alone decides.
            InferenceUnavailable, InferenceTimeout: try again later.
        """
        self.policy.check_control()
        with self._alone(self.policy.load_s) as control:
            state = control.state(model.name)
            if state in (State.UNLOADED, State.MISSING):
                return
            model.refresh_from_db()
            if state is State.LOADED:
                self.policy.check_free(model)
            self._unload(control, model)

    def unload_all(self) -> UnloadedAll:
        """Have no model loaded but those in use, and the pinned ones.

        Raises:
            ModelControlOff: the server alone decides.
            InferenceUnavailable, InferenceTimeout: try again later.
        """
        self.policy.check_control()
        done = UnloadedAll([], {})
        with self._alone(self.policy.load_s) as control:
            for model in _loaded(control.index()).order_by("name"):
                try:
                    self.policy.check_free(model)
                except (ModelInUse, ModelPinned) as exc:
                    done.kept[model.name] = exc.code
                else:
                    self._unload(control, model)
                    done.unloaded.append(model.name)
        return done

    def tend(self) -> None:
        """Unload what is idle, or more than fits; load what is pinned. Run it by the clock.

        Where somebody else loads or unloads it does nothing: there is a next time.

        Raises:
            InferenceError: the server does not answer, or a pinned model can't be loaded.
        """
        if not self.policy.explicit:
            return
        try:
            with self._alone(0) as control:
                self._tidy(control)
                index = control.index()
        except _Busy:
            return
        for model in ServedModel.objects.filter(pinned=True, name__in=index):
            if index[model.name].state is State.UNLOADED:
                self._have(model)

    def _tidy(self, control: TritonControl) -> None:
        if self.policy.idle_s:
            idle = max(self.policy.idle_s, self.policy.in_use_s)
            for model in _loaded(control.index()).untouched(idle):
                self._unload(control, model)
        if self.policy.memory_bytes:
            self._shrink(control, self.policy.memory_bytes)

    def _have(self, model: ServedModel) -> None:
        give_up = time.monotonic() + self.policy.load_s
        with self._alone(self.policy.load_s) as control:
            state = control.settle(model.name, timeout_s=give_up - time.monotonic())
            if state is not State.LOADED:
                self._make_room(control, model)
                self._load(control, model, give_up - time.monotonic())

    def _make_room(self, control: TritonControl, wanted: ServedModel) -> None:
        if not self.policy.memory_bytes:
            return
        over = self._shrink(control, self.policy.memory_bytes - wanted.memory_bytes)
        if over > 0:
            log.warning(
                "%s is loaded although there are then %.0f MB more than MODEL_MEMORY_MB: "
                "all other models are in use or pinned",
                wanted.name,
                over / 2**20,
            )

    def _shrink(self, control: TritonControl, limit: int) -> int:
        """Unload the least recently used until `limit` bytes are left; returns what is over."""
        loaded = _loaded(control.index())
        over: int = (loaded.aggregate(total=Sum("memory_bytes"))["total"] or 0) - limit
        for model in loaded.untouched(self.policy.in_use_s):
            if over <= 0:
                break
            self._unload(control, model)
            over -= model.memory_bytes
        return over

    def _load(self, control: TritonControl, model: ServedModel, timeout_s: float) -> None:
        folders.check(self.repository / model.name)
        start = time.monotonic()
        control.load(model.name, timeout_s=timeout_s)
        log.info("Loaded %s in %.1f s", model.name, time.monotonic() - start)
        device = control.device(model.name)
        ServedModel.objects.filter(pk=model.pk).update(loaded_at=Now(), device=device)

    def _unload(self, control: TritonControl, model: ServedModel) -> None:
        control.unload(model.name)
        control.settle(model.name, timeout_s=_LEAVE_S)
        log.info("Unloaded %s", model.name)

    @contextmanager
    def _alone(self, timeout_s: float) -> Iterator[TritonControl]:
        try:
            with (
                one_at_a_time(LOCK, timeout_s=timeout_s),
                TritonControl(self.url, timeout_s=_ANSWER_S) as control,
            ):
                yield control
        except LockTaken as exc:
            raise _Busy("Other models are being loaded: try again later.") from exc


def keeper() -> PostgresKeeper:
    """The one of the settings."""
    policy = Policy.from_settings()
    return PostgresKeeper(settings.TRITON_URL, policy, settings.MODEL_REPOSITORY, _noted)


def client() -> TritonClient:
    """A client of the model server, which has models loaded as they are needed."""
    ours = keeper()
    return TritonClient(
        ours.url,
        timeout_s=settings.TRITON_TIMEOUT_S,
        keeper=ours if ours.policy.explicit else None,
        share_memory=shares_memory(ours.url),
    )


def _loaded(index: Mapping[str, Listed]) -> ServedModelQuerySet:
    """Only models of the repository: others at the same server are none of our business."""
    names = [name for name, listed in index.items() if listed.state is State.LOADED]
    return ServedModel.objects.filter(name__in=names)
