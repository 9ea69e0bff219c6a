"""Asking over HTTP: one place where answers are checked, and questions asked again."""

import random
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx2

from kindred_client.errors import KindredError

API = "/api/v1"
_AWAY = {429, 502, 503, 504, 507}  # it may be better in a moment
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0  # who is asked to wait longer is told so instead

Pause = Callable[[float], None]
Given = TypeVar("Given")


class Transport:
    """The API of the service at `url`. Redirects are not followed: the key stays where it is."""

    def __init__(
        self, url: str, headers: Mapping[str, str], *, timeout_s: float, tries: int, pause: Pause
    ) -> None:
        base = f"{url.rstrip('/')}{API}/"
        self.http = httpx2.Client(base_url=base, headers=dict(headers), timeout=timeout_s)
        self.pause, self._tries = pause, tries

    def ask(self, method: str, path: str, **question: Any) -> httpx2.Response:
        """The answer, if it is a good one. `question`: what httpx takes, but no open files.

        Raises:
            KindredError: the service says no, or gives no answer, however often it is asked.
        """
        return self.insist(lambda: self._answer(method, path, question))

    def insist(self, act: Callable[[], Given]) -> Given:
        """What `act` gives; tried again while that may help.

        Raises:
            KindredError: what `act` has raised the last time.
        """
        attempt = 1
        while True:
            try:
                return act()
            except KindredError as error:
                pause_s = _pause_s(error, attempt)
                if pause_s is None or attempt == self._tries:
                    raise
            self.pause(pause_s)
            attempt += 1

    def _answer(self, method: str, path: str, question: Mapping[str, Any]) -> httpx2.Response:
        try:
            return checked(self.http.request(method, path, **question))
        except httpx2.TransportError as exc:
            raise unreachable(exc) from exc


def unreachable(exc: Exception) -> KindredError:
    return KindredError("unreachable", f"The service gives no answer ({type(exc).__name__}).")


def checked(answer: httpx2.Response) -> httpx2.Response:
    """
    Raises:
        KindredError: it is no good one, or one of somebody else, such as a proxy.
    """
    if answer.is_success:
        return answer
    try:
        told = answer.json()
        code, detail = str(told["code"]), str(told["detail"])
    except (LookupError, TypeError, ValueError):
        told, code = {}, f"http_{answer.status_code}"
        detail = f"{answer.status_code} {answer.reason_phrase}"
    raise KindredError(
        code,
        detail,
        status=answer.status_code,
        fields=told.get("fields"),
        retry_after_s=_seconds(answer.headers.get("Retry-After", "")),
        job_id=str(told.get("job_id", "")),
    )


def _seconds(words: str) -> float | None:
    """Of a header that has a number: the service sends no dates."""
    return float(words) if words.isdecimal() else None


def _pause_s(error: KindredError, attempt: int) -> float | None:
    """How long to wait before another try. None: it would not help."""
    if error.job_id or (error.status and error.status not in _AWAY):
        return None
    if error.retry_after_s is not None:
        return error.retry_after_s if error.retry_after_s <= _LONGEST_PAUSE_S else None
    longest: float = _FIRST_PAUSE_S * 2**attempt
    return random.uniform(longest / 2, longest)  # noqa: S311  # so that not all come at once
