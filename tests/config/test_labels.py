"""Where the labels of boxes stand."""

import pytest

from config.labels import Label, place, size

WORDS = "a cat"  # 36 wide and 13 high in text of 10 pixels
ROOM = (100.0, 200.0, 90.0, 40.0)


class TestPlace:
    def test_takes_the_left_top_where_it_is_free(self) -> None:
        assert size(WORDS, 10) == (36, 13)
        assert place([(ROOM, WORDS)], 10) == [Label(0, 0, has_room=True)]

    def test_takes_a_corner_each_for_boxes_in_one_place(self) -> None:
        labels = place([(ROOM, WORDS)] * 5, 10)

        assert labels == [
            Label(0, 0, has_room=True),
            Label(0, 27, has_room=True),
            Label(54, 0, has_room=True),
            Label(54, 27, has_room=True),
            Label(0, 0, has_room=False),
        ]

    def test_gives_none_to_a_box_that_is_narrower_than_its_words(self) -> None:
        assert place([((0, 0, 35, 100), WORDS)], 10) == [Label(0, 0, has_room=False)]

    def test_keeps_clear_of_what_is_taken(self) -> None:
        names = [(95.0, 195.0, 10.0, 10.0)]

        assert place([(ROOM, WORDS)], 10, names) == [Label(0, 27, has_room=True)]

    @pytest.mark.parametrize("beside", [(64.0, 200.0, 36.0, 13.0), (100.0, 187.0, 36.0, 13.0)])
    def test_stands_close_to_what_is_taken(self, beside: tuple[float, ...]) -> None:
        left, top, width, height = beside

        assert place([(ROOM, WORDS)], 10, [(left, top, width, height)])[0].y == 0
