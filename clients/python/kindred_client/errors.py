"""What can go wrong."""

from collections.abc import Mapping
from typing import Any


class KindredError(Exception):
    """The service did not do what it was asked to do, or gave no answer.

    `code` never changes; the service's documentation lists them all. Beside those there are
    `unreachable` (nobody answered), `timeout` (a job took longer than was waited for), and
    `http_502` and the like (somebody else answered, such as a proxy).
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int | str = 0,
        fields: Mapping[str, Any] | None = None,
        retry_after_s: float | None = None,
        job_id: str = "",
    ) -> None:
        """`status`: the number of HTTP, or the name of gRPC, such as NOT_FOUND."""
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.status = status
        self.fields = fields or {}  # what is wrong with which field
        self.retry_after_s = retry_after_s  # when it may work, if the service has said so
        self.job_id = job_id  # of the photo that could not be processed
