from io import BytesIO

from PIL import Image

from local.report import Outcome, Sighting
from local.sheet import MOST_FACES, MOST_ROWS, PER_LINE, WIDTH, Row, draw, rows
from local.typography import GREY
from tests.local.findings import make_face, make_group, make_report
from tests.pictures import jpeg


def make_row(faces: int) -> Row:
    sightings = [Sighting(["a.jpg"], make_face(number)) for number in range(faces)]
    return Row("Anna", "in some photos", sightings)


class TestRows:
    def test_are_people_and_last_the_faces_of_nobody(self) -> None:
        named = make_group("a1.jpg", "a2.jpg", person="Anna", name="clu_a")
        unnamed = make_group("b1.jpg", "b2.jpg", "b3.jpg", name="clu_b")
        alone = Outcome("c.jpg", None, [make_face(9)])

        shown = rows(make_report(alone, groups=[named, unnamed]))

        assert [(row.title, row.note) for row in shown] == [
            ("Anna", "2 faces in 2 photos"),
            ("Person 1", "3 faces in 3 photos"),
            ("Seen once", "1 face like no other"),
        ]
        assert shown[-1].colour == GREY

    def test_are_none_where_there_are_no_faces(self) -> None:
        assert rows(make_report(Outcome("cat.jpg"))) == []

    def test_are_so_many_that_one_can_still_look_at_them(self) -> None:
        large = make_group(*(f"{number:02}.jpg" for number in range(MOST_FACES + 1)))

        shown = rows(make_report(groups=[large] * (MOST_ROWS + 1)))

        assert len(shown) == MOST_ROWS
        assert len(shown[0].sightings) == MOST_FACES
        assert shown[0].note == "19 faces in 19 photos, the first 18 shown"


class TestDraw:
    def test_draws_a_picture_for_every_face(self) -> None:
        row = make_row(2)
        crops = {0: jpeg(seed=1), 1: jpeg(seed=2)}

        sheet = draw([row], crops, title="People", note="2 faces")

        assert sheet.width == WIDTH
        assert len(set(sheet.crop((300, 160, 440, 300)).get_flattened_data())) > 1000
        assert len(set(sheet.crop((480, 160, 600, 300)).get_flattened_data())) > 1000
        assert len(set(sheet.crop((660, 160, 780, 300)).get_flattened_data())) == 1

    def test_grows_with_the_faces(self) -> None:
        crops = {number: jpeg() for number in range(PER_LINE + 1)}

        one = draw([make_row(PER_LINE)], crops, title="People", note="")
        two = draw([make_row(PER_LINE + 1)], crops, title="People", note="")

        assert two.height - one.height == make_row(PER_LINE + 1).height - make_row(1).height

    def test_takes_crops_of_any_shape_and_colour(self) -> None:
        file = BytesIO()
        Image.new("L", (10, 90), 128).save(file, "PNG")

        sheet = draw([make_row(1)], {0: file.getvalue()}, title="People", note="")

        assert sheet.getpixel((370, 230)) == (128, 128, 128)
