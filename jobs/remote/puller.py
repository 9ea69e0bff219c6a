"""A remote worker: it claims photos from a server, looks at them here, and sends what it found.

It has no database. Whatever it loses, the server gives to another one when the lease ends.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from jobs.remote.look import (
    KNOWN_ERRORS,
    MAX_DETAIL,
    UNFORESEEN,
    Decode,
    Look,
    chosen,
    ms_since,
    nothing_left,
)
from jobs.remote.models import LocalModels
from jobs.remote.server import (
    Claimed,
    Lease,
    NotOurs,
    Refused,
    RemoteServer,
    ServerAway,
    ServerError,
)
from photos.errors import FetchUnreachable
from photos.services import Content
from search.errors import VocabularyError

log = logging.getLogger(__name__)

_LONGEST_PAUSE_S = 60.0
_TRIES = 10  # at telling how a photo ended: with their pauses they outlast most restarts


class Unwanted(Exception):
    """The photo is to be given back: it was cancelled, or lost, or we stop."""


def pause_s(tries: int) -> float:
    """Before another try: longer each time, and not at the same moment as other workers."""
    return min(2.0**tries, _LONGEST_PAUSE_S) * random.uniform(0.5, 1)  # noqa: S311  # no secret


@dataclass
class Held:
    """A photo in hand, and whether the server still wants it from us."""

    lease: Lease
    claimed: Claimed
    wanted: bool = True

    def check(self) -> None:
        """
        Raises:
            Unwanted: it does not.
        """
        if not self.wanted:
            raise Unwanted


@dataclass
class Puller:
    """Works on up to `in_flight` photos at a time until stop(); what is in flight is finished.

    It looks for work when the server says that there is some, and each `poll_s` seconds.
    """

    server: RemoteServer
    models: LocalModels
    decoding: Callable[[Claimed], AbstractContextManager[Decode]]  # within the server's limits
    looks: Executor  # where the operations on one photo run side by side
    can_look: Callable[[], bool]  # whether the model server answers
    in_flight: int
    poll_s: float
    told: int = field(default=0, init=False)  # photos whose end the server knows
    _stopping: threading.Event = field(default_factory=threading.Event, init=False)
    _bell: threading.Event = field(default_factory=threading.Event, init=False)
    _held: dict[Lease, Held] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _following: Claimed | None = field(default=None, init=False)

    def stop(self) -> None:
        """Claim nothing more. May be called by a signal's handler."""
        self._stopping.set()
        self._bell.set()

    def run(self, *, once: bool = False) -> None:
        """Work until stop(); or, `once`, until there is nothing left that we can do.

        Raises:
            ServerAway, VocabularyError: only `once`; otherwise it tries until that is mended.
            Refused: the server does not take our token, or our words.
        """
        first = self._patiently(self._introduce, once=once)
        if first is None:
            return
        with (
            self.decoding(first) as decoded,
            self._beating(first.lease_s),
            ThreadPoolExecutor(self.in_flight) as pool,
        ):
            look = Look(decoded, self.looks)
            if not once:
                threading.Thread(target=self._listen, name="work", daemon=True).start()
            while not self._stopping.is_set():
                self._patiently(lambda: self._claim(pool, look), once=once)
                if once and not self._held:
                    break
                self._bell.wait(self.poll_s)
                self._bell.clear()

    def _patiently(self, ask: Callable[[], Claimed | None], *, once: bool) -> Claimed | None:
        """The server's answer, when it has one. None: we were stopped before."""
        tries = 0
        while not self._stopping.is_set():
            try:
                return ask()
            except (ServerAway, VocabularyError) as exc:
                if once:
                    raise
                tries += 1
                log.warning("%s Trying again", exc)
                self._stopping.wait(pause_s(tries))
        return None

    def _introduce(self) -> Claimed:
        """Learn which models are active, and the server's limits."""
        claimed = self.server.claim(limit=1, recipes={})
        self._follow(claimed)
        return claimed

    def _follow(self, claimed: Claimed) -> None:
        """Do things as the server does them now."""
        self._following = claimed
        self.models.follow(claimed.roles, claimed.spaces)
        ours = self.models.recipes()
        log.info("Done here: %s", ", ".join(sorted(ours)) or "nothing")
        others = [name for name, recipe in claimed.recipes.items() if ours.get(name) != recipe]
        if others:
            log.info("Not done here as the server does it: %s", ", ".join(sorted(others)))

    def _claim(self, pool: ThreadPoolExecutor, look: Look) -> None:
        """As many as there is room for, once half of it is free."""
        free = self.in_flight - len(self._held)
        if 2 * free < self.in_flight:
            return
        if not self.can_look():
            log.warning("The model server does not answer: photos wait for it")
            return
        claimed = self.server.claim(limit=free, recipes=self.models.recipes())
        for lease in claimed.leases:
            held = Held(lease, claimed)
            with self._lock:
                self._held[lease] = held
            pool.submit(self._work, held, look).add_done_callback(self._finished)
        if self._following is None or claimed.models != self._following.models:
            self._follow(claimed)
            self._bell.set()

    def _finished(self, future: Future[None]) -> None:
        if error := future.exception():
            log.error("A photo's work broke off", exc_info=error)
        self._bell.set()

    def _work(self, held: Held, look: Look) -> None:
        """Work on one photo, whatever happens to it. Others go on."""
        lease = held.lease
        try:
            answer = self._look(held, look)
        except NotOurs as exc:
            log.info("Photo %s: %s", lease.id, exc)
        except Unwanted:
            self._tell(held, lambda: self.server.release(lease))
        except ServerAway as exc:  # an attempt: the line may never be good enough for this photo
            log.warning("Photo %s did not come: %s", lease.id, exc)
            self._fail(held, FetchUnreachable.code, "The photo did not reach the remote worker.")
        except KNOWN_ERRORS as exc:
            self._fail(held, exc.code, str(exc))
        except Exception:
            log.exception("Photo %s failed", lease.id)
            self._fail(held, "internal_error", UNFORESEEN)
        else:
            self._complete(held, answer)
        finally:
            with self._lock:
                del self._held[lease]

    def _look(self, held: Held, look: Look) -> dict[str, Any]:
        """What is to be sent to the server."""
        if self._stopping.is_set():
            raise Unwanted
        start, claimed = time.perf_counter(), held.claimed
        file = self.server.photo(held.lease, max_bytes=claimed.max_bytes)
        content, fetch_ms = Content.of(file.data), ms_since(start)
        if not file.left:
            return nothing_left(content, claimed.recipes, fetch_ms)
        operations = chosen(self.models.operations(), held.lease.operations, file.left)
        held.check()
        answer = look.answer(content, operations, recipes=claimed.recipes, fetch_ms=fetch_ms)
        held.check()
        return answer

    def _complete(self, held: Held, answer: dict[str, Any]) -> None:
        try:
            self._tell(held, lambda: self.server.complete(held.lease, answer))
        except Refused as exc:
            log.warning("Photo %s: the server refuses what was found: %s", held.lease.id, exc)
            detail = f"The server refused what a remote worker found: {exc}"
            self._fail(held, "inference_corrupt", detail)

    def _fail(self, held: Held, code: str, detail: str) -> None:
        self._tell(held, lambda: self.server.fail(held.lease, code, detail[:MAX_DETAIL]))

    def _tell(self, held: Held, tell: Callable[[], dict[str, Any]]) -> None:
        """Tell the server how the photo ended: again and again, while it is ours.

        Raises:
            Refused: the server does not take it.
        """
        for tries in range(_TRIES):
            try:
                ended = tell()
            except NotOurs as exc:  # or it was told already, and the answer got lost
                log.info("Photo %s: %s", held.lease.id, exc)
                return
            except ServerAway as exc:
                log.warning("Photo %s can't be told: %s", held.lease.id, exc)
                self._stopping.wait(pause_s(tries))
            else:
                log.debug("Photo %s: %s", held.lease.id, ended)
                with self._lock:
                    self.told += 1
                return

    @contextmanager
    def _beating(self, lease_s: float) -> Iterator[None]:
        """Renew our leases as long as the block lasts."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(lease_s / 3):
                self._renew()

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _renew(self) -> None:
        with self._lock:
            held = list(self._held.values())
        if not held:
            return
        try:
            ours = self.server.heartbeat([each.lease.id for each in held])
        except ServerError as exc:
            log.warning("Leases could not be renewed: %s", exc)
            return
        for each in held:  # not those that were claimed meanwhile
            each.wanted = ours.get(each.lease.id) is False

    def _listen(self) -> None:
        """Look for work whenever the server says that there may be some."""
        tries = 0
        while not self._stopping.is_set():
            try:
                for _ in self.server.work():
                    tries = 0
                    self._bell.set()
            except ServerError as exc:
                log.debug("Not told of work, so polling alone: %s", exc)
                tries += 1
            self._stopping.wait(pause_s(tries))
