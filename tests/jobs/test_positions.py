"""Naming how far somebody has been told of events."""

import pytest

from jobs.models.positions import Position, Snapshot


class TestPosition:
    @pytest.mark.parametrize(
        ("words", "position"),
        [
            ("7", Position(Snapshot(7))),
            ("7:3,5", Position(Snapshot(7, (3, 5)))),
            ("7~9~8-1", Position(Snapshot(7), Snapshot(9), 8, 1)),
            ("7:3~9:3,8~7-12", Position(Snapshot(7, (3,)), Snapshot(9, (3, 8)), 7, 12)),
        ],
    )
    def test_is_read_as_it_was_written(self, words: str, position: Position) -> None:
        assert Position.parse(words) == position
        assert str(position) == words

    def test_knows_where_it_ends(self) -> None:
        assert Position(Snapshot(7)).end == 7
        assert Position(Snapshot(7), Snapshot(9), 8, 1).end == 9


class TestSnapshot:
    @pytest.mark.parametrize(
        ("words", "snapshot"),
        [("5:5:", Snapshot(5)), ("3:9:3", Snapshot(9, (3,))), ("3:9:3,8", Snapshot(9, (3, 8)))],
    )
    def test_is_read_from_the_database_s_words(self, words: str, snapshot: Snapshot) -> None:
        assert Snapshot.read(words) == snapshot
