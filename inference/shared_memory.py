"""Large inputs through memory that we and a model server on the same machine both have.

A region is registered at the server once, and lent to one call after the other. Whoever makes or
closes regions sweeps up those that are dead, here and at the server.

A server (Triton 24.09 or newer) keeps a region as long as a request reads it, and says so. By
that we know when a call that we gave up has ended there too.
Source: the system shared memory extension of Triton's protocol.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from tritonclient import grpc
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from inference import tracing
from inference.arrays import Array
from inference.regions import FOLDER, PREFIX, Region, dead

MIN_BYTES = 128 * 2**10  # of an input: for smaller ones gRPC takes as long
_PATIENCE_S = 5.0  # for the server to answer about a region, which takes it a millisecond
_MOMENT_S = 0.25  # for the server to let go of what it has read
_POLL_S = 0.005
_IN_USE = "currently in use"
_TIMEOUT = "StatusCode.DEADLINE_EXCEEDED"
_EXISTS = "StatusCode.ALREADY_EXISTS"
_AWAY = "StatusCode.UNAVAILABLE"

log = logging.getLogger(__name__)


def is_this_machine(url: str) -> bool:
    """Whether `url`, as host:port, is an address of the loopback."""
    host = url.rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _UnknownRegion(Exception):
    """The server does not know a region."""


class SharedInputs:
    """Gives calls to the server at `url` their inputs: large ones in regions, others by gRPC.

    To be shared by threads. Where the server can't have our regions, all go by gRPC from then
    on; where there is no room, those for which there is none. The log says so once.
    """

    def __init__(self, server: Any, url: str, *, enabled: bool, folder: Path = FOLDER) -> None:
        """`server` is the gRPC client that makes the calls."""
        self._server = server
        self._url = url
        self._folder = folder
        self._enabled = enabled
        self._lock = threading.Lock()
        self._idle: list[Region] = []  # registered, and read by no request
        self._sharing = False  # the server has opened one: its folder is ours

    def close(self) -> None:
        """Lend nothing more, and have the server let go of all that it does not read."""
        with self._lock:
            self._enabled = False
            idle, self._idle = self._idle, []
            sharing, self._sharing = self._sharing, False
        for region in idle:
            region.abandon()
        if sharing:
            self._sweep_patiently()
            self._sweep_server()

    def infer(
        self, model: str, arrays: Mapping[str, Array], outputs: list[Any], *, client_timeout: float
    ) -> Any:
        """The server's answer for `arrays`, by the names of the tensors.

        It is asked again if it does not know a region, as after it was started again.
        """
        call = partial(
            self._server.infer,
            model,
            outputs=outputs,
            client_timeout=client_timeout,
            headers=tracing.headers(),
        )
        with ExitStack() as stack:
            lent = {name: stack.enter_context(self._lent(array)) for name, array in arrays.items()}
            regions = {name: region for name, region in lent.items() if region}
            with suppress(_UnknownRegion):
                return _attempt(call, arrays, regions)
            if all(map(self._has, regions.values())):
                with suppress(_UnknownRegion):
                    return _attempt(call, arrays, regions)
                self._disable("it does not know regions that it was given")
            return _attempt(call, arrays, {})

    @contextmanager
    def _lent(self, array: Array) -> Iterator[Region | None]:
        """A region that holds `array`. Only the end of a call that was answered gives it back."""
        region = self._region_for(array)
        try:
            if region:
                region.write(array)
            yield region
        except BaseException:
            if region:
                region.abandon()  # the server may still read it
            raise
        if region:
            self._give_back(region)

    def _region_for(self, array: Array) -> Region | None:
        if not self._enabled or array.nbytes < MIN_BYTES or array.dtype.hasobject:
            return None
        with self._lock:
            fitting = [region for region in self._idle if region.size >= array.nbytes]
            if fitting:
                region = min(fitting, key=lambda region: region.size)
                self._idle.remove(region)
                return region
        return self._new_region(1 << (array.nbytes - 1).bit_length())

    def _give_back(self, region: Region) -> None:
        with self._lock:
            if self._enabled:
                self._idle.append(region)
                return
        region.abandon()

    def _new_region(self, size: int) -> Region | None:
        self._sweep()
        try:
            region = Region.make(size, self._folder)
        except OSError as exc:
            say_once(self._url, f"no region in {self._folder} ({exc.strerror})")
            return None
        if not self._has(region):
            region.remove()
            return None
        self._sharing = True
        self._sweep_server()
        return region

    def _has(self, region: Region) -> bool:
        """Tell the server of `region`; whether it has it now. One that can't is told of no more."""
        try:
            self._server.register_system_shared_memory(
                region.name, region.name, region.size, client_timeout=_PATIENCE_S
            )
        except InferenceServerException as exc:
            if str(exc.status()) == _EXISTS:
                return True
            if str(exc.status()) != _AWAY:
                self._disable(f"it could not open a region ({exc.status()})")
            return False
        return True

    def _disable(self, why: str) -> None:
        self._enabled = False
        say_once(self._url, why)

    def _sweep_patiently(self) -> None:
        """The same as `_sweep`; a server may have a region in hand a moment after its answer."""
        deadline = time.monotonic() + _MOMENT_S
        while not self._sweep() and time.monotonic() < deadline:
            time.sleep(_POLL_S)

    def _sweep(self) -> bool:
        """Remove regions without a lock, unless the server still reads them; whether none is left.

        With a server that does not answer, nothing is to be waited for.
        """
        left = False
        with suppress(InferenceServerException):
            for file in dead(self._folder):
                if self._lets_go(file.name):
                    file.unlink(missing_ok=True)
                else:
                    left = True
        return not left

    def _sweep_server(self) -> None:
        """Have the server let go of regions that are not in the folder, which it shares."""
        with suppress(InferenceServerException):
            known = self._server.get_system_shared_memory_status(client_timeout=_PATIENCE_S)
            for name in known.regions:
                if name.startswith(PREFIX) and not (self._folder / name).exists():
                    self._lets_go(name)

    def _lets_go(self, name: str) -> bool:
        """Have the server forget a region; whether it does, or never knew it, or is away.

        Raises:
            InferenceServerException: it did not answer in time.
        """
        try:
            self._server.unregister_system_shared_memory(name, client_timeout=_PATIENCE_S)
        except InferenceServerException as exc:
            if str(exc.status()) == _TIMEOUT:
                raise
            return _IN_USE not in str(exc.message())
        return True


def _attempt(
    call: Callable[[list[Any]], Any], arrays: Mapping[str, Array], regions: Mapping[str, Region]
) -> Any:
    """
    Raises:
        _UnknownRegion: the server does not know one of `regions`.
    """
    try:
        return call([_tensor(name, array, regions.get(name)) for name, array in arrays.items()])
    except InferenceServerException as exc:
        if any(region.name in str(exc.message()) for region in regions.values()):
            raise _UnknownRegion from exc
        raise


def _tensor(name: str, array: Array, region: Region | None) -> Any:
    tensor = grpc.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
    if region:
        return tensor.set_shared_memory(region.name, array.nbytes)
    return tensor.set_data_from_numpy(array)


@cache  # once in a process: clients come and go
def say_once(url: str, why: str) -> None:
    log.warning("Large inputs for the model server at %s go by gRPC, which is slower: %s", url, why)
