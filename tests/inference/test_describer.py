"""A describer, played by a real web server on the loopback."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np
import pytest

from inference.describer import HomeDescriber
from inference.errors import (
    InferenceCorrupt,
    InferenceError,
    InferenceFailed,
    InferenceOverloaded,
    InferenceRejected,
    InferenceTimeout,
    InferenceUnavailable,
)

PHOTO = np.full((600, 2048, 3), (200, 30, 30), np.uint8)


@dataclass
class Home:
    """What the server says, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b'{"choices": [{"message": {"content": " A red wall. "}}]}'
    drips: bool = False  # the body never ends
    silent: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)


@pytest.fixture
def home() -> Iterator[Home]:
    home = Home()
    home.silent.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            home.asked.append((self.path, dict(self.headers), question))
            home.silent.wait()
            self.send_response(home.status)
            self.end_headers()
            self.wfile.write(home.body)
            with suppress(ConnectionError):
                while home.drips:
                    self.wfile.write(b" ")

        def log_message(self, *_words: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        home.url = f"http://127.0.0.1:{server.server_port}/v1/"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield home
        home.silent.set()
        server.shutdown()
        thread.join()


class TestHomeDescriber:
    def test_gives_the_models_text(self, home: Home) -> None:
        assert HomeDescriber(home.url, "llava").describe(PHOTO) == "A red wall."

    def test_sends_the_photo_small_to_the_model(self, home: Home) -> None:
        HomeDescriber(home.url, "llava", api_key="secret").describe(PHOTO)

        [(path, headers, question)] = home.asked
        assert (path, headers["Authorization"]) == ("/v1/chat/completions", "Bearer secret")
        assert question["model"] == "llava"
        picture = question["messages"][0]["content"][1]["image_url"]["url"]
        data = base64.b64decode(picture.removeprefix("data:image/jpeg;base64,"))
        sent = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert sent is not None
        assert sent.shape == (300, 1024, 3)
        assert np.abs(sent.mean(axis=(0, 1)) - [30, 30, 200]).max() < 5  # blue first

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (429, InferenceOverloaded),
            (503, InferenceOverloaded),
            (500, InferenceFailed),
            (400, InferenceRejected),
            (302, InferenceRejected),
        ],
    )
    def test_says_what_the_status_means(
        self, home: Home, status: int, error: type[InferenceError]
    ) -> None:
        home.status = status

        with pytest.raises(error):
            HomeDescriber(home.url, "llava").describe(PHOTO)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[]",
            b"{}",
            b'{"choices": []}',
            b'{"choices": [{"message": {"content": null}}]}',
            b'{"choices": [{"message": {"content": "  "}}]}',
        ],
    )
    def test_calls_answers_corrupt_that_are_none(self, home: Home, body: bytes) -> None:
        home.body = body

        with pytest.raises(InferenceCorrupt):
            HomeDescriber(home.url, "llava").describe(PHOTO)

    def test_shows_half_of_a_letter_as_a_question_mark(self, home: Home) -> None:
        home.body = rb'{"choices": [{"message": {"content": "A cat \ud83d"}}]}'

        assert HomeDescriber(home.url, "llava").describe(PHOTO) == "A cat ?"

    def test_is_unavailable_where_nobody_listens(self, closed_port: int) -> None:
        with pytest.raises(InferenceUnavailable):
            HomeDescriber(f"http://127.0.0.1:{closed_port}/v1", "llava").describe(PHOTO)

    def test_does_not_wait_for_ever(self, home: Home) -> None:
        home.silent.clear()

        with pytest.raises(InferenceTimeout):
            HomeDescriber(home.url, "llava", timeout_s=0.1).describe(PHOTO)

    def test_does_not_wait_for_ever_for_an_answer_that_has_begun(self, home: Home) -> None:
        home.drips = True

        with pytest.raises(InferenceTimeout):
            HomeDescriber(home.url, "llava", timeout_s=0.1).describe(PHOTO)

    @pytest.mark.parametrize("host", ["8.8.8.8", "[2001:4860:4860::8888]"])
    def test_never_sends_a_photo_out_of_the_house(self, host: str) -> None:
        with pytest.raises(InferenceRejected, match="not at home"):
            HomeDescriber(f"http://{host}/v1", "llava").describe(PHOTO)

    def test_takes_addresses_of_the_web_only(self) -> None:
        with pytest.raises(InferenceRejected, match="http"):
            HomeDescriber("ftp://127.0.0.1/v1", "llava").describe(PHOTO)
