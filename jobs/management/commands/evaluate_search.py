"""`manage.py evaluate_search`: how well photos are found by words, on photos of your own."""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from inference.errors import InferenceError
from jobs.captioned import Captioned, captioned_in, packaged
from jobs.errors import JobError
from jobs.management.bars import bar
from jobs.people_evaluation import model_server
from jobs.search_evaluation import Evaluation, Trial
from jobs.steps import Progress
from local import LocalError
from search.errors import SearchError
from search.trials import RANKS, Score
from search.vocabulary import DEFAULT_LANGUAGE

_WIDTH = 100  # letters of the table


class Command(BaseCommand):
    help = (
        "Measure how well photos are found by what people wrote of them: each caption is asked "
        "for among all photos, by likeness, by words, and by both. FOLDER holds captions*.json in "
        "COCO's form, or captions.csv with the columns image and caption, and the photos, in it or "
        "in images. Without one: the photos of the demo, which are enough to see that it works. "
        "Asks the model server of TRITON_URL, or starts one. Stores nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, metavar="FOLDER", help="photos and captions")
        parser.add_argument("--limit", type=_count, metavar="N", help="only the first N photos")
        parser.add_argument(
            "--language", default=DEFAULT_LANGUAGE, help="of the captions; default: %(default)s"
        )
        parser.add_argument("--json", action="store_true", help="one object, and nothing else")

    def handle(
        self, *, data: Path | None, limit: int | None, language: str, json: bool, **options: Any
    ) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="kindred-") as folder:
                given = captioned_in(data, limit=limit) if data else packaged(Path(folder), limit)
                told = _evaluated(given, language)
        except (JobError, InferenceError, SearchError, LocalError) as exc:
            raise CommandError(str(exc)) from exc
        self._show(told, as_json=json)

    def _show(self, told: Evaluation, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(told.as_json()))
            return
        console = Console(file=self.stdout, width=_WIDTH, highlight=False)  # type: ignore[arg-type]  # writes text
        console.print(f"{told.captions} captions, {told.photos} photos; ± at 95 %")
        recalls = (f"recall@{rank}" for rank in RANKS)
        table = Table("asked by", *recalls, "median rank", "below the cut-off", "photos above it")
        for each in told.scores:
            table.add_row(*_row(each))
        console.print(table)


def _evaluated(given: list[Captioned], language: str) -> Evaluation:
    with model_server() as client:
        trial = Trial.now(client)
        with bar("photos") as tell:
            looked = trial.look_at(given, lambda done, total: tell(Progress(done, total)))
        with bar("captions") as tell:
            return trial.ask_for(looked, language, lambda done, total: tell(Progress(done, total)))


def _row(score: Score) -> list[str]:
    recalls = [f"{score.recall[rank]:.3f} ± {score.margin[rank]:.2f}" for rank in RANKS]
    median = "-" if score.median_rank is None else f"{score.median_rank:g}"
    cut = "-" if score.cut is None else f"{score.cut:.3f}"
    shown = "-" if score.shown is None else f"{score.shown:.1f}"
    return [score.way, *recalls, median, cut, shown]


def _count(text: str) -> int:
    """
    Raises:
        ArgumentTypeError: it is no number of photos.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of photos: give 1 or more.")
    return int(text)
