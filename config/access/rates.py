"""How often somebody may do something, as settings say it."""

import re
from dataclasses import dataclass
from typing import Self

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_RATE = re.compile(r"([1-9][0-9]{0,8})/(second|minute|hour|day)")


@dataclass(frozen=True)
class Rate:
    most: int
    seconds: int

    @classmethod
    def of(cls, text: str) -> Self | None:
        """As in `600/minute`. None, of nothing: as often as they like.

        Raises:
            ValueError: it is not written so.
        """
        if not text:
            return None
        found = _RATE.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no rate: give one such as 600/minute.")
        return cls(int(found[1]), _SECONDS[found[2]])
