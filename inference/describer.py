"""A long description of a photo, by a vision-language model that the user runs at home.

Source: the chat completions of OpenAI's API, which llama.cpp, vLLM, Ollama and others answer.
"""

import base64
import http.client
import ipaddress
import json
import socket
import ssl
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

import cv2

from inference.arrays import RGB
from inference.errors import (
    InferenceCorrupt,
    InferenceFailed,
    InferenceOverloaded,
    InferenceRejected,
    InferenceTimeout,
    InferenceUnavailable,
)
from inference.geometry import shrunk

PROMPT = (
    "Describe this photo in one paragraph, for somebody who cannot see it: what happens, where, "
    "who and what is there, what is written. Do not guess names."
)
LONGER_SIDE_PX = 1024  # of what is sent
MAX_TOKENS = 400
MAX_BYTES = 2**20  # of an answer
_WHO = "The describer"


class Describer(Protocol):
    @property
    def model(self) -> str: ...

    def describe(self, image: RGB) -> str:
        """A paragraph about `image`."""
        ...


@dataclass(frozen=True)
class HomeDescriber:
    """The model called `model` at `url` (as `http://127.0.0.1:8080/v1`), on a private address.

    A photo never leaves the house: a host with any public address is refused, at each call.
    """

    url: str
    model: str
    api_key: str = ""
    timeout_s: float = 120.0

    def describe(self, image: RGB) -> str:
        """As promised by Describer.

        Raises:
            InferenceRejected: the host is not at home, or the server does not take the request.
            InferenceUnavailable, InferenceTimeout, InferenceOverloaded, InferenceFailed: try again
                later.
            InferenceCorrupt: the answer is no description.
        """
        try:
            status, body = self._post("/chat/completions", self._question(image))
        except TimeoutError as exc:
            raise InferenceTimeout(f"{_WHO} did not answer in time.") from exc
        except (OSError, http.client.HTTPException) as exc:
            raise InferenceUnavailable(f"{_WHO} cannot be reached.") from exc
        _check(status)
        return _text(body)

    def _question(self, image: RGB) -> dict[str, Any]:
        small = cv2.cvtColor(shrunk(image, LONGER_SIDE_PX), cv2.COLOR_RGB2BGR)
        picture = base64.b64encode(bytes(cv2.imencode(".jpg", small)[1])).decode()
        content = [
            {"type": "text", "text": PROMPT},
            {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{picture}"}},
        ]
        messages = [{"role": "user", "content": content}]
        return {
            "model": self.model,
            "messages": messages,
            "max_tokens": MAX_TOKENS,
            "temperature": 0,
        }

    def _post(self, path: str, question: dict[str, Any]) -> tuple[int, bytes]:
        parts, until = urlsplit(self.url), time.monotonic() + self.timeout_s
        headers = {"Content-Type": "application/json"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        connection = _connection(parts.scheme, parts.hostname or "", parts.port, self.timeout_s)
        try:
            connection.request("POST", parts.path.rstrip("/") + path, json.dumps(question), headers)
            answer = connection.getresponse()
            return answer.status, _body(answer, until)
        finally:
            connection.close()


def _body(answer: http.client.HTTPResponse, until: float) -> bytes:
    """
    Raises:
        TimeoutError: it is not there by `until`, in monotonic seconds.
    """
    body = b""
    while len(body) < MAX_BYTES and (part := answer.read1(MAX_BYTES - len(body))):
        body += part
        if time.monotonic() > until:
            raise TimeoutError
    return body


def _connection(
    scheme: str, host: str, port: int | None, timeout_s: float
) -> http.client.HTTPConnection:
    """To the very address that was found to be private: a second look-up might give another."""
    if scheme not in ("http", "https"):
        raise InferenceRejected(f"{_WHO}'s address must begin with http:// or https://.")
    number = port or (443 if scheme == "https" else 80)
    connection = http.client.HTTPConnection(host, number, timeout=timeout_s)
    reached = socket.create_connection((_private_address(host, number), number), timeout_s)
    if scheme == "https":
        reached = ssl.create_default_context().wrap_socket(reached, server_hostname=host)
    connection.sock = reached
    return connection


def _private_address(host: str, port: int) -> str:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(address[0]) for *_, address in found]
    for address in addresses:
        if ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise InferenceRejected(f"{_WHO} is not at home ({host} has a public address).")
    return addresses[0]


def _check(status: int) -> None:
    """
    Raises:
        InferenceOverloaded, InferenceFailed, InferenceRejected: as the status says.
    """
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        raise InferenceOverloaded(f"{_WHO} has too much to do.")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise InferenceFailed(f"{_WHO} failed with status {status}.")
    if status != HTTPStatus.OK:
        raise InferenceRejected(f"{_WHO} refused the photo with status {status}.")


def _text(body: bytes) -> str:
    try:
        text = json.loads(body)["choices"][0]["message"]["content"].replace("\0", "").strip()
        text = text.encode(errors="replace").decode()  # half of a pair, where it was cut off
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise InferenceCorrupt(f"{_WHO}'s answer has no text.") from exc
    if not text:
        raise InferenceCorrupt(f"{_WHO}'s answer is empty.")
    return str(text)
