from io import StringIO

import pytest
from rich.console import Console

from local.display import MOST_PHOTOS, MOST_TEXT, overview, results
from local.report import Failure, Outcome
from local.steps import Steps
from tests.local.findings import (
    make_caption,
    make_face,
    make_group,
    make_line,
    make_report,
    make_scene,
    make_tag,
    make_thing,
)


def shown(*things: object, width: int = 100) -> str:
    console = Console(file=(text := StringIO()), width=width)
    console.print(*things, sep="\n")
    return text.getvalue()


def lines(text: str) -> list[str]:
    """The words of each line, without the frames of tables."""
    return [" ".join(line.replace("│", " ").split()) for line in text.splitlines()]


class TestOverview:
    def test_is_a_line(self) -> None:
        photos = [Outcome("a.jpg", None, [make_face(1)]), Outcome("b.jpg", Failure("code", "Why."))]

        report = make_report(*photos, groups=[make_group("c1.jpg", "c2.jpg")])

        assert overview(report) == (
            "2 photos · 1 face · 1 person · 1 face seen once · 1 photo failed"
        )


class TestResults:
    def test_show_people_failures_and_times(self) -> None:
        failed = Outcome("[b].jpg", Failure("image_truncated", "The [photo] ends too early."))
        anna = make_group("a[1].jpg", "a2.jpg", person="[Anna]")

        found = lines(shown(*results(make_report(Outcome("c.jpg"), failed, groups=[anna]))))

        assert "[Anna] 2 a2.jpg, a[1].jpg" in found
        assert "[b].jpg image_truncated The [photo] ends too early." in found
        assert "models 2.0" in found
        assert "total 2.5" in found
        assert "photos/s 2.0" in found

    def test_show_what_is_in_a_photo(self) -> None:
        scene = make_scene(
            things=[make_thing("cat"), make_thing("dog"), make_thing("dog")],
            tags=[make_tag("night", en="[at night]"), make_tag("walk")],
            lines=[make_line("EXIT"), make_line("[2]")],
            captions=[make_caption("Two [dogs] and a cat.", context="going for a walk")],
        )

        found = lines(shown(*results(make_report(Outcome("[a].jpg", scene=scene)))))

        start = found.index("[a].jpg caption Two [dogs] and a cat.")
        assert found[start + 1 : start + 5] == [
            "context going for a walk",
            "objects dog (2), cat",
            "tags [at night], walk",
            "text EXIT / [2]",
        ]

    def test_show_of_a_photo_what_its_models_could_do(self) -> None:
        scene = make_scene(things=[], tags=[], lines=[], captions=[make_caption("A dog.")])

        text = shown(*results(make_report(Outcome("a.jpg", scene=scene))))

        assert "a.jpg caption A dog." in lines(text)
        assert "objects" not in text
        assert "tags" not in text

    def test_keep_to_the_width_of_the_terminal(self) -> None:
        scene = make_scene(
            captions=[make_caption("A dog and a cat in the garden of a house. " * 4)],
            lines=[make_line("z" * 500)],
        )

        text = shown(*results(make_report(Outcome("a" * 200, scene=scene))), width=80)

        assert max(len(line) for line in text.splitlines()) == 80
        assert text.count("z") == MOST_TEXT
        assert (text.count("dog"), text.count("house.")) == (4 + 1, 4)  # and the object

    def test_say_that_there_are_more_photos(self) -> None:
        photos = [Outcome(f"{n}.jpg", scene=make_scene()) for n in range(MOST_PHOTOS + 2)]

        found = lines(shown(*results(make_report(*photos))))

        assert "… and 2 more photos in the report" in found
        assert f"{MOST_PHOTOS}.jpg caption A dog." not in found

    def test_leave_out_what_there_is_none_of(self) -> None:
        text = shown(*results(make_report(Outcome("cat.jpg"))))

        assert "Photos" not in text
        assert "People" not in text
        assert "Failed" not in text


class TestSteps:
    def test_write_a_line_for_each_step_when_it_is_done(self) -> None:
        steps = Steps(Console(file=(text := StringIO()), width=80))

        with steps.step("models", "Load the models"):
            during = text.getvalue()
        with steps.counted("photos", "Process 2 photos", 2) as advance:
            advance()

        titles = [line.split(" s  ")[1] for line in text.getvalue().splitlines()]
        assert during == ""
        assert titles == ["Load the models", "Process 2 photos"]
        assert list(steps.seconds) == ["models", "photos"]

    def test_say_nothing_of_a_step_that_fails(self) -> None:
        steps = Steps(Console(file=(text := StringIO())))

        with pytest.raises(ZeroDivisionError), steps.step("models", "Load the models"):
            _ = 1 / 0

        assert text.getvalue() == ""
