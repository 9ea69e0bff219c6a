"""One request to somebody outside, guarded as fetching photos is; the answer to it in our words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from jobs.telling.outbox import Answer
from photos.addresses import Link
from photos.errors import (
    BlockedAddress,
    FetchInsecure,
    FetchTimeout,
    FetchUnreachable,
    InvalidURL,
    PhotoError,
)
from photos.fetch import CheckedNetwork, Deadline, FetchPolicy, exchange

GONE = 410
_ERRORS: Mapping[type[PhotoError], str] = {
    InvalidURL: "The address is no plain http or https URL.",
    BlockedAddress: "The address leads where this service may not send to.",
    FetchUnreachable: "The receiver could not be reached, or broke the connection.",
    FetchTimeout: "The receiver did not answer in time.",
    FetchInsecure: "The receiver cannot prove who it is: its certificate is not valid.",
}


def request(
    method: str, url: str, body: bytes, *, headers: Mapping[str, str], policy: FetchPolicy
) -> Answer:
    """Send JSON to `url`, and to no other address: redirects are not followed.

    2xx is success. Of the answer only the status and Retry-After are read.
    """
    sent = [("User-Agent", "kindred"), ("Content-Type", "application/json"), *headers.items()]
    try:
        link = Link.parse(url)
        policy.check(link)
        network = CheckedNetwork(policy, Deadline.after(policy.timeout_s))
        with exchange(method, link, network, headers=sent, content=body) as response:
            return _answer(response.status, dict(response.headers))
    except PhotoError as exc:
        return Answer(delivered=False, error=_ERRORS[type(exc)])


def _answer(status: int, headers: Mapping[bytes, bytes]) -> Answer:
    if 200 <= status < 300:  # noqa: PLR2004  # what HTTP calls success
        return Answer(delivered=True, status_code=status)
    asked = {name.lower(): value for name, value in headers.items()}.get(b"retry-after", b"")
    moved = " Redirects are not followed." if 300 <= status < 400 else ""  # noqa: PLR2004
    return Answer(
        delivered=False,
        status_code=status,
        error=f"The receiver answered with status {status}.{moved}",
        retry_after_s=_seconds(asked.decode("latin-1").strip()),
        gone=status == GONE,
    )


def _seconds(retry_after: str) -> float | None:
    """What Retry-After says, as seconds or as a date; None where it says nothing that is known."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (zoned - datetime.now(UTC)).total_seconds())
