"""What a process remembers of what it has made, so that it is not made again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """The `most` values that were asked for last, by what they were made of. For all threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Value] = OrderedDict()  # used least first
        self._lock = Lock()

    def of(
        self, keys: Iterable[Key], make: Callable[[Sequence[Key]], Mapping[Key, Value]]
    ) -> dict[Key, Value]:
        """The value of each of `keys`. `make` gives those that are missing, each once, at once."""
        wanted = list(dict.fromkeys(keys))
        known = self._known(wanted)
        if missing := [key for key in wanted if key not in known]:
            made = make(missing)
            self._keep(made)
            known.update(made)
        return known

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()

    def _known(self, keys: Iterable[Key]) -> dict[Key, Value]:
        with self._lock:
            known = {key: self._kept[key] for key in keys if key in self._kept}
            for key in known:
                self._kept.move_to_end(key)
        return known

    def _keep(self, made: Mapping[Key, Value]) -> None:
        with self._lock:
            self._kept.update(made)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
