from faces.portability.overlap import covers, same_faces
from inference.geometry import Box

FACE = Box(100, 100, 40, 50)
HEAD = Box(85, 80, 70, 90)  # the same, with hair and ears
BESIDE = Box(150, 100, 40, 50)


class TestSameFaces:
    def test_finds_boxes_that_differ_in_what_they_take_in(self) -> None:
        assert same_faces([HEAD], [BESIDE, FACE]) == {0: 1}

    def test_gives_each_the_one_that_fits_best(self) -> None:
        near, nearer = FACE.moved(6, 0), FACE.moved(2, 0)

        assert same_faces([near, FACE], [nearer, BESIDE]) == {1: 0}

    def test_takes_no_neighbour(self) -> None:
        assert same_faces([FACE], [BESIDE, FACE.moved(25, 0)]) == {}

    def test_takes_none_of_those_in_a_large_box(self) -> None:
        assert same_faces([Box(0, 0, 300, 300)], [FACE, BESIDE]) == {}

    def test_of_nothing_is_nothing(self) -> None:
        assert same_faces([], [FACE]) == {}
        assert same_faces([FACE], []) == {}


class TestCovers:
    def test_says_whether_one_is_around_the_face(self) -> None:
        assert covers([BESIDE, HEAD], FACE)
        assert not covers([BESIDE], FACE)
