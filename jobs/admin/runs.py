"""Training runs as their page draws them: measures before and after, and the loss by epoch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from faces import matchers
from faces.errors import TrainingFailed
from faces.matchers import Matcher
from jobs.models import Item, Job
from photos.plots import Line

ASKED = 10  # trainings that were asked for lately
Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Measure:
    """How well people who were held out are told apart, without the head and with it."""

    name: str
    before: float
    after: float
    is_share: bool  # 0 to 1

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def before_percent(self) -> int:
        return round(100 * self.before)

    @property
    def after_percent(self) -> int:
        return round(100 * self.after)


@dataclass(frozen=True)
class Run:
    """What a training has come to."""

    matcher: Matcher
    measures: list[Measure]
    loss: Line | None

    @property
    def counts(self) -> Figures:
        counts: Figures = self.matcher.report.get("counts", {})
        return counts

    @property
    def settings(self) -> Figures:
        chosen: Figures = self.matcher.report.get("settings", {})
        return chosen

    @property
    def compared_with(self) -> str:
        """The vectors that the head was given."""
        return str(self.matcher.report.get("space", ""))


def runs(folder: Path) -> tuple[list[Run], list[str]]:
    """The newest first, and what is wrong with those that can't be shown. Two queries."""
    there, damaged = matchers.listed(folder)
    found, troubles = list[Run](), list(map(str, damaged))
    for each in there:
        try:
            found.append(run(each))
        except TrainingFailed as exc:
            troubles.append(str(exc))
    return found, troubles


def asked_lately() -> list[Item]:
    """Trainings that were asked for, the newest first. One query."""
    asked = Item.objects.filter(job__kind=Job.Kind.TRAIN).select_related("job", "owner")
    return list(asked.order_by("-pk")[:ASKED])


def run(matcher: Matcher) -> Run:
    """
    Raises:
        TrainingFailed: its report has other figures than a training writes.
    """
    try:
        losses = [float(each) for each in matcher.report.get("losses", [])]
        measures = list(_measures(matcher.report.get("held_out", {})))
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise TrainingFailed(f"{matcher.id}: the report of this training is damaged.") from exc
    return Run(matcher, measures, Line(losses, 0, max(losses)) if losses else None)


def _measures(held_out: Figures) -> Iterator[Measure]:
    before, after = held_out.get("before", {}), held_out.get("after", {})
    for rate, tar in before.get("tar", {}).items():
        name = _("Accepted, at a false acceptance rate of %(rate)s") % {"rate": rate}
        yield Measure(name, float(tar), float(after["tar"][rate]), is_share=True)
    names = (("auc", _("Area under the curve"), True), ("separation", _("Separation"), False))
    for key, name, is_share in names:
        if key in before and key in after:
            yield Measure(name, float(before[key]), float(after[key]), is_share)
