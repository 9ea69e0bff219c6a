"""A media store on loopback: it has photos under ids, and keeps what it is told of them."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote


class Store:
    """Photos are at /media/ID/file, results are put to /media/ID/inference."""

    def __init__(self) -> None:
        self.photos: dict[str, bytes] = {}
        self.told: dict[str, list[Any]] = {}  # id -> each result that was put, the last one last
        self.asked: list[tuple[str, str, str | None]] = []  # method, path, Authorization
        self.statuses: dict[str, int] = {}  # method -> instead of the usual answer
        self.location = ""  # that photos are redirected to
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False  # their end is waited for
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def get(self, path: str) -> tuple[int, bytes]:
        photo = self.photos.get(unquote(path).removeprefix("/media/").removesuffix("/file"))
        return (404, b"") if photo is None else (200, photo)

    def put(self, path: str, body: bytes) -> tuple[int, bytes]:
        media_id = unquote(path).removeprefix("/media/").removesuffix("/inference")
        self.told.setdefault(media_id, []).append(json.loads(body))
        return 204, b""

    def _handler(store) -> type[BaseHTTPRequestHandler]:  # noqa: N805  # `self` is the handler
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*store.get(self.path))

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                busy = "PUT" in store.statuses
                self._answer(*((0, b"") if busy else store.put(self.path, body)))

            def _answer(self, status: int, body: bytes) -> None:
                store.asked.append((self.command, self.path, self.headers["Authorization"]))
                self.send_response(store.statuses.get(self.command, status))
                if store.location:
                    self.send_header("Location", store.location)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: Any) -> None:
                pass

        return Handler
