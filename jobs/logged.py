"""What is being worked on, for each line of the log that is written meanwhile."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_NONE: Mapping[str, str] = {}
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=_NONE)


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Lines of this block say so: `request_id`, `job_id`, `item_id`."""
    token = _about.set({**_about.get(), **{name: str(value) for name, value in ids.items()}})
    try:
        yield
    finally:
        _about.reset(token)


def what() -> Mapping[str, str]:
    return _about.get()


class Knowing(logging.Filter):
    """Gives each line what it is about: as `about`, and in words as `said`."""

    def filter(self, record: logging.LogRecord) -> bool:
        ids = what()
        record.about = ids
        record.said = "".join(f" [{name} {value}]" for name, value in ids.items())
        return True
