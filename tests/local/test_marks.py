from local.findings import Box
from local.marks import (
    MOST_LETTERS,
    MOST_THINGS,
    NOBODY,
    PEOPLE,
    TEXT,
    THINGS,
    Area,
    Kind,
    Legend,
    Mark,
    place,
)
from local.report import Outcome
from tests.local.findings import (
    make_face,
    make_group,
    make_line,
    make_report,
    make_scene,
    make_thing,
)

LABEL = (60.0, 20.0)
PICTURE = (400, 300)


def make_mark(kind: Kind, left: float, top: float, right: float, bottom: float) -> Mark:
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return Mark(kind, corners, "#ffffff", "label")


def make_outcome(*things: str) -> Outcome:
    return Outcome("a.jpg", scene=make_scene(things=[make_thing(label) for label in things]))


class TestLegend:
    def test_gives_everybody_a_colour_of_their_own(self) -> None:
        groups = [make_group("a.jpg", name="clu_a", person="Anna"), make_group(name="clu_b")]

        legend = Legend.of(make_report(groups=groups))

        assert legend.people == {"clu_a": PEOPLE[0], "clu_b": PEOPLE[1]}
        assert legend.names == {"clu_a": "Anna", "clu_b": "Person 1"}

    def test_gives_frequent_things_a_colour_of_their_own(self) -> None:
        legend = Legend.of(make_report(make_outcome("cat"), make_outcome("dog", "dog")))

        assert legend.things == {"dog": THINGS[0], "cat": THINGS[1]}

    def test_begins_again_where_colours_run_out(self) -> None:
        labels = [f"thing {number}" for number in range(len(THINGS) + 1)]

        legend = Legend.of(make_report(make_outcome(*labels)))

        assert legend.things[labels[-1]] == THINGS[0]

    def test_marks_text_then_things_then_faces(self) -> None:
        faces = [make_face(1, cluster="clu_a", box=Box(1, 2, 30, 40)), make_face(2)]
        scene = make_scene(things=[make_thing("dog", confidence=0.876)], lines=[make_line("EXIT")])
        outcome = Outcome("a.jpg", None, faces, scene=scene)
        groups = [make_group("a.jpg", name="clu_a", person="Anna")]

        marks = Legend.of(make_report(outcome, groups=groups)).marks(outcome)

        assert [(mark.kind, mark.label, mark.colour) for mark in marks] == [
            (Kind.TEXT, "EXIT", TEXT),
            (Kind.THING, "dog 88%", THINGS[0]),
            (Kind.FACE, "Anna", PEOPLE[0]),
            (Kind.FACE, "face", NOBODY),
        ]
        assert marks[2].corners == [(1, 2), (31, 2), (31, 42), (1, 42)]

    def test_marks_small_things_over_large_ones(self) -> None:
        small, large = (
            make_thing("tie", box=Box(1, 1, 5, 5)),
            make_thing("man", box=Box(0, 0, 50, 90)),
        )
        outcome = Outcome("a.jpg", scene=make_scene(things=[small, large], lines=[]))

        marks = Legend.of(make_report(outcome)).marks(outcome)

        assert [mark.label for mark in marks] == ["man 80%", "tie 80%"]

    def test_marks_the_surest_things_of_very_many(self) -> None:
        things = [make_thing(confidence=number / 100) for number in range(MOST_THINGS + 1)]
        outcome = Outcome("a.jpg", scene=make_scene(things=things, lines=[]))

        marks = Legend.of(make_report(outcome)).marks(outcome)

        assert len(marks) == MOST_THINGS
        assert "dog 0%" not in [mark.label for mark in marks]

    def test_shortens_labels(self) -> None:
        outcome = Outcome("a.jpg", scene=make_scene(things=[], lines=[make_line("x" * 100)]))

        (mark,) = Legend.of(make_report(outcome)).marks(outcome)

        assert mark.label == "x" * MOST_LETTERS + "…"


class TestMark:
    def test_grows_with_the_photo(self) -> None:
        mark = make_mark(Kind.THING, 1, 2, 3, 4).scaled(2)

        assert mark.bounds == Area(2, 4, 6, 8)


class TestPlace:
    def test_puts_a_label_above_its_box(self) -> None:
        mark = make_mark(Kind.FACE, 100, 100, 150, 150)

        assert place([mark], [LABEL], PICTURE) == [Area(100, 80, 160, 100)]

    def test_keeps_a_label_in_the_picture(self) -> None:
        corner = make_mark(Kind.THING, 390, -5, 405, 310)

        (area,) = place([corner], [LABEL], PICTURE)

        assert area == Area(340, 0, 400, 20)

    def test_keeps_labels_apart(self) -> None:
        marks = [make_mark(Kind.THING, 100, 100, 200, 200)] * 8

        areas = [area for area in place(marks, [(40, 20)] * 8, PICTURE) if area]

        assert len(areas) == 8
        assert sum(one.shared(other) for one in areas for other in areas if one is not other) == 0

    def test_lets_faces_choose_first(self) -> None:
        thing = make_mark(Kind.THING, 100, 100, 200, 280)
        face = make_mark(Kind.FACE, 100, 100, 150, 150)

        of_thing, of_face = place([thing, face], [LABEL] * 2, PICTURE)

        assert of_face == Area(100, 80, 160, 100)
        assert of_thing == Area(100, 280, 160, 300)

    def test_covers_no_face(self) -> None:
        face = make_mark(Kind.FACE, 100, 40, 200, 100)
        below = make_mark(Kind.THING, 100, 100, 200, 200)

        _, label = place([face, below], [LABEL] * 2, PICTURE)

        assert label == Area(100, 200, 160, 220)

    def test_puts_a_label_somewhere_even_where_nothing_is_free(self) -> None:
        face = make_mark(Kind.FACE, 0, 0, 400, 300)

        assert place([face], [LABEL], PICTURE) == [Area(0, 0, 60, 20)]

    def test_puts_no_label_below_text_where_the_next_line_is(self) -> None:
        top = make_mark(Kind.TEXT, 0, 5, 400, 25)

        assert place([top], [LABEL], PICTURE) == [None]

    def test_leaves_out_labels_of_text_that_would_cover_other_text(self) -> None:
        lines = [make_mark(Kind.TEXT, 0, top, 400, top + 20) for top in range(0, 300, 20)]

        assert place(lines, [LABEL] * 15, PICTURE) == [None] * 15
