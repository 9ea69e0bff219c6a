"""Which of a million hashes differ in a few bits: found without comparing all with all."""

from collections.abc import Iterator

import numpy as np

from inference.arrays import Array

_BANDS = 4
_WIDTH = 16  # bits of a band
# A band as it is, and with one bit the other way round.
_TURNS = np.array([0, *(1 << bit for bit in range(_WIDTH))], np.uint16)
# Where no more bits of the first word differ than these, there is a band in which at most one does.
MOST = 2 * _BANDS - 1
_AT_ONCE = 2**22  # candidates: 8 bytes each, several times


def bits_between(some: Array, other: Array) -> tuple[Array, Array]:
    """Bits in which hashes (..., w) uint64 differ: in the first word, and in all of them."""
    bits = np.bitwise_count(some ^ other).astype(np.int64)
    return bits[..., 0], bits.sum(axis=-1)


class Bands:
    """Hashes (n, w) uint64, to be found by those that are like them.

    Source: multi-index hashing (Norouzi, Punjani, Fleet, 2012).
    """

    def __init__(self, hashes: Array) -> None:
        self.hashes = hashes
        bands = _bands(hashes)
        self._orders = [np.argsort(band, kind="stable") for band in bands]
        self._starts = [_starts(band) for band in bands]

    def near(self, probes: Array, *, first: int, all_words: int) -> Array:
        """Rows of the hashes that are near one of `probes` (m, w), ascending. None is missed.

        Near: at most so many bits of the `first` word and of `all_words` differ.

        Raises:
            ValueError: `first` is more than `MOST`; some would be missed.
        """
        if not 0 <= first <= MOST:
            raise ValueError(f"first is {first}: it has to be 0 to {MOST}.")
        reached = np.zeros(len(self.hashes), bool)
        for probe, row in self._candidates(probes):
            of_first, of_all = bits_between(probes[probe], self.hashes[row])
            reached[row[(of_first <= first) & (of_all <= all_words)]] = True
        return np.flatnonzero(reached)

    def _candidates(self, probes: Array) -> Iterator[tuple[Array, Array]]:
        """Pairs of rows that have a band in common but for one bit, some at a time."""
        for band, order, starts in zip(_bands(probes), self._orders, self._starts, strict=True):
            keys = (band[:, None] ^ _TURNS).ravel().astype(np.int64)
            begin, count = starts[keys], starts[keys + 1] - starts[keys]
            probe = np.repeat(np.arange(len(band)), len(_TURNS))
            for some in _parts(count):
                where = _runs(begin[some], count[some])
                yield np.repeat(probe[some], count[some]), order[where]


def _bands(hashes: Array) -> list[Array]:
    first = np.ascontiguousarray(hashes[:, 0])
    return list(first.view(np.uint16).reshape(-1, _BANDS).T)


def _starts(band: Array) -> Array:
    """Where each value begins in the sorted band; one more says where the last one ends."""
    return np.concatenate([[0], np.cumsum(np.bincount(band, minlength=1 << _WIDTH))])


def _parts(counts: Array) -> Iterator[slice]:
    """Of so many `counts` that their sum can be worked on at once: one of them at least."""
    until = np.cumsum(counts)
    start = 0
    while start < len(counts):
        done = until[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(until, done + _AT_ONCE, side="right")))
        yield slice(start, end)
        start = end


def _runs(begin: Array, count: Array) -> Array:
    """The numbers from each of `begin` on, so many as `count` says, one run after the other."""
    before = np.cumsum(count) - count
    runs: Array = np.arange(count.sum()) + np.repeat(begin - before, count)
    return runs
