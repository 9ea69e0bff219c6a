"""A fault day as a picture: what was done when, and what was broken then."""

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from bench.chaos.faults import Happened

STEP_S = 5.0  # of one bar
_PX = 8  # of one bar
_TALL, _LEFT, _GAP = 110, 210, 34
_LANE = 13
_DONE, _ASKED, _NOT = "#2f7d4f", "#8fb8de", "#c0392b"
_FAILED = 500


def drawn(
    calls: Sequence[Sequence[Any]],
    ends: Iterable[tuple[float, float]],
    happened: Sequence[Happened],
) -> str:
    """As SVG: photos that were done, answers, failures among them, and a lane for each fault."""
    start = min(call[1] for call in calls)
    good = _binned((call[2] for call in calls if 0 < call[3] < _FAILED), start)
    bad = _binned((call[2] for call in calls if not 0 < call[3] < _FAILED), start)
    done = _binned((end for _, end in ends if end > start), start)
    steps = max([*good, *bad, *done], default=0) + 1
    names = sorted({each.name for each in happened})
    lanes = 2 * (_TALL + _GAP) + 10
    width, height = _LEFT + steps * _PX + 20, lanes + len(names) * _LANE + 40
    parts = [
        *_bars(done, _GAP, _DONE, max(done.values(), default=1)),
        *_bars(good, 2 * _GAP + _TALL, _ASKED, top := max((good + bad).values(), default=1)),
        *_bars(bad, 2 * _GAP + _TALL, _NOT, top),
        _words(
            4, _GAP - 8, f"photos done in {STEP_S:g} s, {max(done.values(), default=0)} at most"
        ),
        _words(4, 2 * _GAP + _TALL - 8, f"answers in {STEP_S:g} s, {top} at most; failures in red"),
        *_lanes(names, happened, start, lanes),
        *_minutes(steps, height),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="10"><rect width="100%" height="100%" fill="white"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _binned(moments: Iterable[float], start: float) -> Counter[int]:
    return Counter(int((moment - start) / STEP_S) for moment in moments)


def _bars(counts: Counter[int], y: int, colour: str, top: int) -> list[str]:
    return [
        _box(_LEFT + step * _PX, y + _TALL - tall, _PX - 1, tall, colour)
        for step, count in counts.items()
        if (tall := round(_TALL * count / top))
    ]


def _lanes(names: list[str], happened: Sequence[Happened], start: float, y: int) -> list[str]:
    shown = []
    for each in happened:
        x = _LEFT + (each.begun - start) / STEP_S * _PX
        wide = max(3.0, (each.over - each.begun) / STEP_S * _PX)
        shown.append(_box(x, y + names.index(each.name) * _LANE, wide, _LANE - 3, _NOT))
    for lane, name in enumerate(names):
        shown.append(_words(4, y + lane * _LANE + 9, name))
    return shown


def _minutes(steps: int, height: int) -> list[str]:
    of_minute = int(60 / STEP_S)
    return [
        _words(_LEFT + step * _PX, height - 8, f"{step // of_minute} min")
        for step in range(0, steps, of_minute)
    ]


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def _words(x: float, y: float, text: str) -> str:
    return f'<text x="{x}" y="{y}">{html.escape(text)}</text>'
