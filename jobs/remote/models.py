"""The models of a remote worker: its own repository and model server, and no database."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inference import folders
from inference.client import Inference
from inference.control import State, TritonControl
from inference.roles import IMAGE_ENCODER
from jobs.active import ActiveOperations, Unmade
from photos.operations import Operation
from photos.roles import spaces
from search.spaces import SEARCHED

log = logging.getLogger(__name__)

_ANSWER_S = 5.0  # for the server to say what it has
_LEAVE_S = 10.0  # for a model to go


@dataclass
class LoneKeeper:
    """Has models loaded at the model server at `url`, which nobody else steers. They stay loaded.

    `load_s`: a request waits so long for its model. `repository`: the server's, here.
    """

    url: str
    load_s: float
    repository: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _renewed: dict[str, int] = field(default_factory=dict)  # model -> how often

    def using(self, model: str) -> None:
        """As promised by Keeper: here it decides nothing."""

    def have(self, model: str) -> None:
        """As promised by Keeper. What is loaded already stays as it is.

        Raises:
            ModelRefused: its files are not those that were built, or could do harm.
            InferenceError: it can't be loaded, or not in time.
        """
        folders.check(self.repository / model)
        with self._lock, TritonControl(self.url, timeout_s=_ANSWER_S) as control:
            control.load(model, timeout_s=self.load_s)
            log.info("Loaded %s", model)

    def renew(self, model: str) -> None:
        """As promised by Keeper: once for all who saw it dead.

        Raises:
            InferenceError: as have().
        """
        seen = self._renewed.get(model, 0)
        with self._lock, TritonControl(self.url, timeout_s=_ANSWER_S) as control:
            if self._renewed.get(model, 0) != seen:
                return
            log.warning("%s has died: it is loaded anew", model)
            folders.check(self.repository / model)
            if control.state(model) is not State.UNLOADED:
                control.unload(model)
                control.settle(model, timeout_s=_LEAVE_S)
            control.load(model, timeout_s=self.load_s)
            self._renewed[model] = seen + 1


@dataclass
class LocalModels:
    """The operations, done by the models that are active at the server, as far as they are here."""

    client: Inference
    repository: Path
    _roles: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._operations = ActiveOperations(self.client, self.repository, lambda: self._roles)

    def follow(self, roles: Mapping[str, str], wanted: Mapping[str, str]) -> None:
        """Use the models of `roles` (role -> name) that are here, with the same weights.

        `wanted`: the space of each model at the server, which names its weights.
        """
        ours = spaces(self.repository)
        here = {
            role: name
            for role, name in roles.items()
            if name in ours and ours[name] == wanted.get(name)
        }
        if SEARCHED in roles and SEARCHED not in here:
            here.pop(IMAGE_ENCODER.name, None)  # its photos would not be found
        self._roles = here

    def operations(self) -> dict[str, Operation]:
        """By name, those that can be done now.

        Raises:
            VocabularyError: a file of the vocabulary is broken.
        """
        made = self._operations()
        return {name: each for name, each in made.items() if not isinstance(each, Unmade)}

    def recipes(self) -> dict[str, str]:
        """How they are done.

        Raises:
            VocabularyError: as operations().
        """
        return {name: each.recipe for name, each in self.operations().items()}
