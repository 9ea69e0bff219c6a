"""A way to a server that can be cut: connections are refused, or nothing comes through any more."""

import socket
import struct
import threading
from contextlib import suppress
from typing import Self

from local.triton import LOOPBACK

_CHUNK = 2**16
_TICK_S = 0.2
_HANG_UP_AT_ONCE = struct.pack("ii", 1, 0)  # what SO_LINGER makes a reset of


class Way:
    """Passes on what comes to `port` of the loopback, and what is answered."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self.refusing = False
        self.silent = False
        self._closing = False
        self._door = socket.create_server((LOOPBACK, 0))
        self._door.settimeout(_TICK_S)
        self.port: int = self._door.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._closing = True
        self._thread.join()
        self._door.close()

    def _serve(self) -> None:
        while not self._closing:
            with suppress(TimeoutError):
                caller, _ = self._door.accept()
                if self.refusing:
                    _reset(caller)
                else:
                    threading.Thread(target=self._connect, args=(caller,), daemon=True).start()

    def _connect(self, caller: socket.socket) -> None:
        with caller, suppress(OSError), socket.create_connection(self._target) as server:
            back = threading.Thread(target=self._pass, args=(server, caller), daemon=True)
            back.start()
            self._pass(caller, server)
            back.join()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        source.settimeout(_TICK_S)
        with suppress(OSError):
            while not self._closing:
                try:
                    data = source.recv(_CHUNK)
                except TimeoutError:
                    continue
                if self.refusing:
                    _reset(source)
                while self.silent and not self._closing:  # nothing comes through, nothing is said
                    threading.Event().wait(_TICK_S)
                if not data:
                    break
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HANG_UP_AT_ONCE)
    connection.close()
