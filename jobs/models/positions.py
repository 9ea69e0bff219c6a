"""How far somebody has been told of events: exactly, in whatever order they are committed.

Numbers are given to rows before they are committed, so that a lower one may appear after a higher
one. So what has been told is named by what could be seen then. Nothing waits for a transaction
that takes long, not even for one of another database of the server.
Source: snapshots of PgQ (Skype, 2007), now pg_snapshot of PostgreSQL.
"""

import re
from dataclasses import dataclass
from typing import Self

from django.db.models import Q

_NUMBER = r"\d{1,18}"
_SNAPSHOT = rf"{_NUMBER}(?::{_NUMBER}(?:,{_NUMBER})*)?"
_POSITION = re.compile(rf"({_SNAPSHOT})(?:~({_SNAPSHOT})~({_NUMBER})-({_NUMBER}))?", re.ASCII)


@dataclass(frozen=True)
class Snapshot:
    """What could be seen at a moment: transactions before `end`, less those that were `running`."""

    end: int
    running: tuple[int, ...] = ()

    @classmethod
    def read(cls, words: str) -> Self:
        """From a pg_snapshot, `begin:end:running,running`."""
        _begin, end, running = words.split(":")
        return cls(int(end), _numbers(running))

    @classmethod
    def parse(cls, words: str) -> Self:
        """As `str` writes it."""
        end, _, running = words.partition(":")
        return cls(int(end), _numbers(running))

    def __str__(self) -> str:
        running = ",".join(map(str, self.running))
        return f"{self.end}:{running}" if running else str(self.end)

    def sees(self, transaction: int) -> bool:
        return transaction < self.end and transaction not in self.running

    def covers(self, earlier: "Snapshot") -> bool:
        """Whether all that could be seen in `earlier` can be seen in this one."""
        hidden_now = any(earlier.sees(transaction) for transaction in self.running)
        return earlier.end <= self.end and not hidden_now

    @property
    def hidden(self) -> Q:
        """Events that could not be seen then. The first bound is for the index."""
        lowest = min((self.end, *self.running))
        late = Q(transaction__gte=self.end) | Q(transaction__in=self.running)
        return Q(transaction__gte=lowest) & late


@dataclass(frozen=True)
class Position:
    """All that `seen` shows was told; of what `batch` shows, all up to `transaction`, `pk`."""

    seen: Snapshot
    batch: Snapshot | None = None
    transaction: int = 0
    pk: int = 0

    @classmethod
    def parse(cls, words: str) -> Self | None:
        """As `str` writes it; None: it is none."""
        if not (parts := _POSITION.fullmatch(words)):
            return None
        seen = Snapshot.parse(parts[1])
        if not parts[2]:
            return cls(seen)
        return cls(seen, Snapshot.parse(parts[2]), int(parts[3]), int(parts[4]))

    def __str__(self) -> str:
        if self.batch is None:
            return str(self.seen)
        return f"{self.seen}~{self.batch}~{self.transaction}-{self.pk}"

    @property
    def end(self) -> int:
        """No transaction with this number or a higher one can have been told."""
        return max(self.seen.end, self.batch.end if self.batch else 0)

    @property
    def untold(self) -> Q:
        """Events that come next: the rest of the batch, or whatever is new."""
        if self.batch is None:
            return self.seen.hidden
        later = Q(transaction__gt=self.transaction) | Q(
            transaction=self.transaction, pk__gt=self.pk
        )
        return self.seen.hidden & later & ~self.batch.hidden


BEGINNING = Position(Snapshot(0))


def _numbers(words: str) -> tuple[int, ...]:
    return tuple(int(word) for word in words.split(",") if word)
