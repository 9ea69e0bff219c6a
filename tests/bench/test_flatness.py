"""Whether something grows, of samples that were taken now and then."""

from typing import Any

import pytest

from bench.figures import Figure, Plot, Remark
from bench.flatness import found, growth


def samples(mb: list[float], *, photos: int = 1000) -> list[dict[str, Any]]:
    step = photos / (len(mb) - 1)
    parts = ("web", "workers", "models")
    return [
        {
            "s": 5.0 * place,
            "photos": round(place * step),
            "connections": 9,
            "mb": dict.fromkeys(parts, value),
            "largest": dict.fromkeys(parts, value),
            "files": dict.fromkeys(parts, 30),
        }
        for place, value in enumerate(mb)
    ]


def told(mb: list[float], **values: Any) -> dict[str, Any]:
    ended = {"sent": 1000, "seconds": 600.0, "done": 1000, "unfinished": 0, "failed": []}
    return {"samples": samples(mb), **ended, **values}


class TestGrowth:
    def test_is_nothing_of_a_level_line(self) -> None:
        assert growth([(float(x), 100.0) for x in range(20)]) == 0

    def test_does_not_count_what_fills_while_all_is_warming_up(self) -> None:
        filling = [(float(x), 10.0 * x) for x in range(6)]

        assert growth([*filling, *((float(x), 60.0) for x in range(6, 20))]) == pytest.approx(0)

    def test_is_in_percent_of_the_middle(self) -> None:
        line = [(float(x), 100.0 + x) for x in range(101)]

        assert growth(line) == pytest.approx(100 * 70 / 165)

    def test_is_not_moved_by_a_peak(self) -> None:
        line = [(float(x), 100.0) for x in range(50)]
        line[40] = (40.0, 900.0)

        assert growth(line) == 0

    def test_wants_enough_samples(self) -> None:
        with pytest.raises(SystemExit, match="Too few samples"):
            growth([(0.0, 1.0), (10.0, 1.0)])


class TestFound:
    def test_is_met_by_what_stays(self) -> None:
        figures = [
            each for each in found(told([50.0] * 40), wanted=1000) if isinstance(each, Figure)
        ]

        assert {each.name: each.verdict for each in figures} == {
            "memory_photos": "met",
            **{f"{what}_{part}": "met" for what in ("memory", "files") for part in (
                "web", "workers", "models")},
            "connections": "met",
        }  # fmt: skip

    def test_is_missed_by_what_leaks(self) -> None:
        leaking = [50.0 + place for place in range(40)]

        figures = [each for each in found(told(leaking), wanted=1000) if isinstance(each, Figure)]

        assert {each.name for each in figures if each.missed} == {
            "memory_web", "memory_workers", "memory_models",
        }  # fmt: skip

    def test_is_missed_by_a_photo_that_failed(self) -> None:
        findings = found(told([50.0] * 40, done=999, failed=["internal_error"]), wanted=1000)

        assert isinstance(findings[0], Figure)
        assert (findings[0].name, findings[0].missed) == ("memory_photos", True)
        assert "Failed: ['internal_error']" in str(findings[-1])

    def test_says_what_was_really_run(self) -> None:
        findings = found(told([50.0] * 40), wanted=10_000)

        [remark] = [each for each in findings if isinstance(each, Remark)]
        assert remark.text.startswith(
            "1,000 photos in 10 minutes, as the time was up before all 10,000: parts of"
        )
        assert len([each for each in findings if isinstance(each, Plot)]) == 4
