"""Hashes that differ in a few bits are found among many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.arrays import Array
from search import hamming
from search.hamming import Bands, bits_between


def hashes(count: int, seed: int) -> Array:
    return np.random.default_rng(seed).integers(0, 2**64, (count, 4), np.uint64)


def turned(some: Array, seed: int) -> Array:
    """Each with up to 12 bits the other way round, most of them in the first word."""
    random = np.random.default_rng(seed)
    changed = some.copy()
    for row in range(len(some)):
        for bit in random.choice(96, random.integers(0, 13), replace=False):
            changed[row, bit // 64] ^= np.uint64(1) << np.uint64(bit % 64)
    return changed


class TestBands:
    @settings(max_examples=50)
    @given(seed=st.integers(0, 2**32), first=st.integers(0, hamming.MOST), more=st.integers(0, 6))
    def test_find_exactly_what_comparing_all_with_all_finds(
        self, seed: int, first: int, more: int
    ) -> None:
        known = hashes(300, seed)
        probes = turned(known[:100], seed)

        found = Bands(known).near(probes, first=first, all_words=first + more)

        of_first, of_all = bits_between(probes[:, None], known[None])
        near = ((of_first <= first) & (of_all <= first + more)).any(axis=0)
        assert found.tolist() == np.flatnonzero(near).tolist()

    def test_work_on_a_part_at_a_time_where_many_are_alike(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(hamming, "_AT_ONCE", 7)
        known = np.repeat(hashes(3, 0), 20, axis=0)

        found = Bands(known).near(known[:1], first=0, all_words=0)

        assert found.tolist() == list(range(20))

    def test_of_nothing_find_nothing(self) -> None:
        none = hashes(0, 0)

        found = [
            Bands(none).near(hashes(2, 0), first=3, all_words=3).tolist(),
            Bands(hashes(2, 0)).near(none, first=3, all_words=3).tolist(),
        ]

        assert found == [[], []]

    def test_refuse_a_distance_at_which_some_would_be_missed(self) -> None:
        with pytest.raises(ValueError, match="first is 8: it has to be 0 to 7"):
            Bands(hashes(1, 0)).near(hashes(1, 0), first=8, all_words=20)
