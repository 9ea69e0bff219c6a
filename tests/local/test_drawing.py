import numpy as np
import pytest
from PIL import Image

from local.drawing import MOST_GROWTH, SIDE, draw, draw_marks, paragraphs
from local.marks import Kind, Mark
from local.report import Outcome
from tests.local.findings import make_caption, make_line, make_scene, make_tag, make_thing

BLACK, RED = (0, 0, 0), (255, 0, 0)


def make_photo(width: int = 400, height: int = 300) -> Image.Image:
    return Image.new("RGB", (width, height), BLACK)


def make_mark(*, kind: Kind = Kind.THING, label: str = "dog", colour: str = "#ff0000") -> Mark:
    """From 100, 100 to 200, 150."""
    return Mark(kind, [(100, 100), (200, 100), (200, 150), (100, 150)], colour, label)


def texts(outcome: Outcome) -> list[str]:
    return [paragraph.text for paragraph in paragraphs(outcome)]


class TestParagraphs:
    def test_say_what_is_in_the_photo(self) -> None:
        scene = make_scene(
            things=[make_thing("dog"), make_thing("dog")],
            tags=[make_tag("outdoor", en="outdoors")],
            lines=[make_line("EXIT"), make_line("2")],
            captions=[make_caption("Two dogs.", context="going for a walk")],
        )

        assert texts(Outcome("a.jpg", scene=scene)) == [
            "Two dogs.",
            "going for a walk",
            "Objects: dog (2)",
            "Tags: outdoors 70%",
            "Text: EXIT / 2",
            "a.jpg",
        ]

    def test_have_the_caption_in_other_languages_too(self) -> None:
        captions = [
            make_caption("A long story of a dog.", source="describer"),
            make_caption("A dog."),
            make_caption("Seekor anjing.", language="id"),
        ]
        scene = make_scene(things=[], tags=[], lines=[], captions=captions)

        assert texts(Outcome("a.jpg", scene=scene)) == ["A dog.", "id: Seekor anjing.", "a.jpg"]

    def test_are_the_name_alone_where_nothing_was_looked_for(self) -> None:
        assert texts(Outcome("a.jpg")) == ["a.jpg"]

    def test_are_not_too_long(self) -> None:
        scene = make_scene(lines=[make_line("word " * 1000)], captions=[make_caption("A " * 999)])

        heights = [paragraph.height for paragraph in paragraphs(Outcome("a" * 999, scene=scene))]

        assert sum(heights) < 400


class TestDraw:
    @pytest.mark.parametrize(
        ("size", "shown"),
        [
            ((400, 300), (SIDE, 750)),
            ((300, 400), (750, SIDE)),
            ((100, 50), (100 * MOST_GROWTH, 50 * MOST_GROWTH)),  # so much and no more
            ((5000, 1), (SIDE, 1)),
        ],
    )
    def test_shows_a_photo_of_any_shape(
        self, size: tuple[int, int], shown: tuple[int, int]
    ) -> None:
        picture = draw(make_photo(*size), 1, [], Outcome("a.jpg"))

        dark = [picture.getpixel((column, 0)) == BLACK for column in range(SIDE)]
        assert picture.width == SIDE
        assert dark.count(True) == shown[0]
        assert picture.height > shown[1]

    def test_draws_marks_at_the_pixels_of_the_original(self) -> None:
        photo = make_photo(800, 600).resize((400, 300))

        picture = draw(photo, 0.5, [make_mark(label="")], Outcome("a.jpg"))

        left, right = round(100 * SIDE / 800), round(200 * SIDE / 800)
        middle = round(125 * SIDE / 800)
        assert picture.getpixel((left, middle)) == RED
        assert picture.getpixel((right, middle)) == RED
        assert picture.getpixel(((left + right) // 2, middle)) == BLACK


class TestDrawMarks:
    def test_writes_a_label_on_the_colour_of_its_box(self) -> None:
        photo = make_photo()

        draw_marks(photo, [make_mark(label="dog")])

        label = photo.crop((101, 76, 130, 98))
        assert label.getpixel((0, 0)) == RED
        assert len(set(label.get_flattened_data())) > 10  # letters have soft edges

    @pytest.mark.parametrize(("colour", "ink"), [("#ffff00", 0), ("#000080", 255)])
    def test_writes_in_a_colour_that_can_be_read(self, colour: str, ink: int) -> None:
        photo = make_photo()

        draw_marks(photo, [make_mark(label="MMMM", colour=colour)])

        assert ink in np.asarray(photo)[76:98, 101:150, 1]

    def test_lets_text_be_seen_through_its_colour(self) -> None:
        photo = make_photo()

        draw_marks(photo, [make_mark(kind=Kind.TEXT)])

        red, green, blue = np.asarray(photo)[125, 150]
        assert (0 < red < 128, green, blue) == (True, 0, 0)

    def test_draws_boxes_that_leave_the_photo(self) -> None:
        photo = make_photo(150, 120)

        draw_marks(photo, [make_mark()])

        assert photo.getpixel((100, 110)) == RED
