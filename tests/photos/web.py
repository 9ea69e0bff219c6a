"""A web server on loopback that says exactly what a test wants it to say."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Self

Answer = Callable[[str], Iterable[bytes]]  # path -> what is sent, piece by piece


class Server:
    """Answers each connection once, then closes it. Keeps what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[str] = []
        self.connections = 0
        self.closing = threading.Event()
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._listen)]

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def url(self, path: str = "/photo.jpg", *, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(5)
            asked = connection.recv(65536).decode("latin-1")
            self.requests.append(asked)
            if asked.startswith("GET "):
                for piece in self._answer(asked.split(" ")[1]):
                    connection.sendall(piece)


def answer(body: bytes = b"", *, status: str = "200 OK", **headers: str) -> list[bytes]:
    """A whole answer. Headers are named as keywords: `content_encoding="gzip"`."""
    fields = {"content-length": str(len(body))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return [f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1"), body]


def redirect(location: str, *, status: str = "302 Found") -> list[bytes]:
    return answer(status=status, location=location)
