"""`manage.py evaluate_people FOLDER`: how well people are told apart, on photos of your own."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from faces.evaluation import Agreement
from inference.errors import InferenceError
from jobs.errors import LabelsUnusable
from jobs.labelled import groups_in, people_in
from jobs.management.bars import bar
from jobs.people_evaluation import Evaluation, FaceModels, model_server
from jobs.steps import Progress
from local import LocalError

_WIDTH = 100  # letters of the tables


class Command(BaseCommand):
    help = (
        "Measure how well people are told apart, by the service's own detector, embedder and "
        "clustering, on photos of known people: a folder for each, one face a photo. No package "
        "has such photos: give your own. Asks the model server of TRITON_URL, or starts one. "
        "Needs no database, and stores nothing."
    )
    requires_system_checks = ()  # some look at the database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="with a folder for each person")
        parser.add_argument("--groups", type=Path, metavar="FOLDER", help="photos of several each")
        parser.add_argument("--pack", default="packaged", help="of models; default: %(default)s")
        parser.add_argument("--json", action="store_true", help="one object, and nothing else")

    def handle(
        self, *, folder: Path, groups: Path | None, pack: str, json: bool, **options: Any
    ) -> None:
        try:
            people, several = people_in(folder), groups_in(groups) if groups else None
            with model_server() as client, bar("photos") as tell:
                models = FaceModels(client, settings.MODEL_REPOSITORY, pack)
                told = models.evaluated(
                    people, several, lambda done, total: tell(Progress(done, total))
                )
        except (LabelsUnusable, InferenceError, LocalError) as exc:
            raise CommandError(str(exc)) from exc
        self._show(told, as_json=json)

    def _show(self, told: Evaluation, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(told.as_json()))
            return
        console = Console(file=self.stdout, width=_WIDTH, highlight=False)  # type: ignore[arg-type]  # writes text
        console.print(f"{told.faces} faces in {told.photos} photos of people")
        if told.group_photos:
            console.print(f"{told.group_faces} faces in {told.group_photos} photos of groups")
        for trial in told.trials:
            table = Table(
                "", "pairwise F1", "BCubed F1", "false merges", "blind", title=trial.model
            )
            for each in trial.scores:
                blind = "-" if each.blind_merges is None else str(each.blind_merges)
                shown = _shown(each.pairwise), _shown(each.bcubed), str(each.false_merges), blind
                table.add_row(each.way, *shown)
            console.print(table)


def _shown(agreement: Agreement) -> str:
    return f"{agreement.f1:.3f}  ({agreement.precision:.3f}, {agreement.recall:.3f})"
