from io import StringIO

import pytest
from rich.console import Console

from local.display import overview, results
from local.report import Failure, Outcome
from local.steps import Steps
from tests.local.findings import make_face, make_group, make_report


def shown(*things: object) -> str:
    console = Console(file=(text := StringIO()), width=100)
    console.print(*things, sep="\n")
    return text.getvalue()


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

        text = shown(*results(make_report(failed, groups=[anna])))

        lines = [" ".join(line.replace("│", " ").split()) for line in text.splitlines()]
        assert "[Anna] 2 a2.jpg, a[1].jpg" in lines
        assert "[b].jpg image_truncated The [photo] ends too early." in lines
        assert "models 2.0" in lines
        assert "total 2.5" in lines
        assert "photos/s 2.0" in lines

    def test_leave_out_what_there_is_none_of(self) -> None:
        text = shown(*results(make_report(Outcome("cat.jpg"))))

        assert "People" not in text
        assert "Failed" not in text


class TestSteps:
    def test_write_a_line_for_each_step_when_it_is_done(self) -> None:
        steps = Steps(Console(file=(text := StringIO()), width=80))

        with steps.step("models", "Load the models"):
            during = text.getvalue()
        with steps.counted("photos", "Process 2 photos", 2) as advance:
            advance()

        lines = [line.split(" s  ")[1] for line in text.getvalue().splitlines()]
        assert during == ""
        assert lines == ["Load the models", "Process 2 photos"]
        assert list(steps.seconds) == ["models", "photos"]

    def test_say_nothing_of_a_step_that_fails(self) -> None:
        steps = Steps(Console(file=(text := StringIO())))

        with pytest.raises(ZeroDivisionError), steps.step("models", "Load the models"):
            _ = 1 / 0

        assert text.getvalue() == ""
