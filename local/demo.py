"""Shows the main job on real parts: photos in, who and what is in them out. Leaves nothing running.

    python -m local.demo [FOLDER]

Everything goes through the service's own API, queue and workers, in a database that is made
empty first. The results stay below `var/demo`; `python -m local.up --demo` shows them.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from local import LocalError, photos
from local.accounts import Admin
from local.album import FolderError, Photo, photos_of
from local.api import Api
from local.database import Database
from local.display import overview, results
from local.gallery import MOST_PHOTOS, Gallery, Undrawable, chosen
from local.journey import Journey, Sent
from local.marks import Legend
from local.processes import Supervisor, interruptible, wait_until
from local.report import Report, counted, faults, groups
from local.sheet import draw, rows
from local.stack import Service, Surroundings, built_models
from local.stage import DATABASE, Stage
from local.steps import Steps
from local.triton import LOOPBACK, Triton, free_ports
from local.warming import warming

PACK = "packaged"  # what roles of a new service have
READY_S = 60  # for the web server
FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130  # exit statuses


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="yours, instead of packaged photos")
    folder: Path | None = parser.parse_args(arguments).folder
    status = INTERRUPTED
    try:
        with interruptible():
            status = Demo(Surroundings.read(), Console(highlight=False)).run(folder)
    except FolderError as exc:
        sys.stderr.write(f"{exc}\n")
        return UNUSABLE
    except LocalError as exc:
        sys.stderr.write(f"{exc}\n")
        return FAILED
    if status == INTERRUPTED:
        sys.stderr.write("Stopped; nothing is left running.\n")
    return status


class Demo:
    """One run, on the stage below `surroundings.var`."""

    def __init__(self, surroundings: Surroundings, console: Console) -> None:
        self._surroundings = surroundings
        self._console = console
        self._steps = Steps(console)
        self._stage = Stage(surroundings.var / "demo")
        self._gallery = Gallery(self._stage.folder / "photos")
        self._admin = Admin(surroundings.var / "admin-password")

    def run(self, folder: Path | None) -> int:
        """Find who and what is in the photos of `folder`, or in packaged ones; an exit status.

        Raises:
            FolderError: there are no photos.
            LocalError: a part does not start, or ends too early.
        """
        with self._stage.held():
            with self._steps.step("gather", "Gather the photos"):
                album = self._photos(folder) if folder else self._packaged()
            self._stage.clear()
            self._gallery.clear()
            report = self._perform(album)
        self._console.print(*results(report), sep="\n")
        self._console.print(self._farewell(), soft_wrap=True, markup=False)
        return self._verdict(report) if folder is None else 0

    def _photos(self, folder: Path) -> list[Photo]:
        """The user's. Raises FolderError for what we are about to empty."""
        if folder.resolve().is_relative_to(self._stage.folder.resolve()):
            raise FolderError(f"{folder} is the demo's own, which it empties: give another folder.")
        return photos_of(folder)

    def _packaged(self) -> list[Photo]:
        folder = self._stage.folder / "packaged"
        return [Photo(path.name, path) for path in photos.packaged_photos(folder)]

    def _perform(self, album: Sequence[Photo]) -> Report:
        """Start everything, have the photos looked at, stop everything, draw the photos."""
        with ExitStack() as stack:
            service = self._prepare(stack)
            journey = self._open(stack, service)
            report = self._look(journey, album)
            with self._steps.step("stop", "Stop everything"):
                stack.close()
        self._draw_photos(album, report)
        self._stage.report.write_text(json.dumps(report.summary(), indent=1))
        return report

    def _prepare(self, stack: ExitStack) -> Service:
        """The servers that the service stands on, and its empty tables."""
        with self._steps.step("database", "Start PostgreSQL, with an empty database"):
            server = stack.enter_context(self._surroundings.database_server())
            database = Database(server, DATABASE)
            database.drop()
            database.create()
        with self._steps.step("triton", "Start Triton; it loads models while the rest starts"):
            folder = self._stage.folder / "triton"
            triton = stack.enter_context(self._surroundings.model_server(folder))
            if isinstance(triton, Triton):
                stack.enter_context(warming(triton, self._models()))
        where = {
            "DATABASE_URL": database.url,
            "TRITON_URL": triton.url,
            "MODEL_REPOSITORY": str(self._surroundings.repository),
            "FACE_UNKNOWN_MIN_CLUSTER_SIZE": "2",  # nobody is in more photos of the demo
        }
        return Service(where | self._stage.settings)

    def _models(self) -> list[str]:
        """Those that a service begins with."""
        models = built_models(self._surroundings.repository)
        return [model for model in models if model.split(".")[1:2] == [PACK]]

    def _open(self, stack: ExitStack, service: Service) -> Journey:
        """The service itself: its tables, an administrator, the web server and the workers."""
        with self._steps.step("migrate", "Make the tables"):
            service.prepare()
        with self._steps.step("service", "Start the web server and workers; make an administrator"):
            port, *_ = free_ports()
            commands = service.commands(port, restart_after_s=None)
            supervisor = stack.enter_context(Supervisor(commands, log_folder=self._stage.logs))
            self._admin.ensure(service)
            token = self._admin.token(service)
            journey = Journey(Api(f"http://{LOOPBACK}:{port}", token), supervisor.tend)
            wait_until(journey.ready, timeout_s=READY_S, what="The web server")
        return journey

    def _look(self, journey: Journey, album: Sequence[Photo]) -> Report:
        """Find who and what is in the photos, and draw the contact sheet of the people."""
        sent = self._process(journey, album)
        with self._steps.step("cluster", "Group the faces"):
            journey.api.group()
        with self._steps.step("report", "Draw the contact sheet"):
            outcomes = journey.outcomes(sent)
            found = groups(journey.api.clusters(), outcomes)
            report = Report(outcomes, found, self._steps.seconds)
            self._draw_people(journey, report)
        return report

    def _process(self, journey: Journey, album: Sequence[Photo]) -> list[Sent]:
        """The first photo goes alone, so that loading models is not taken for work on photos."""
        with self._steps.step("first", "Process the first photo, and load the models for it"):
            sent = list(journey.send(album[:1]))
        more = album[1:]
        if more:
            title = f"Process {len(more)} more"
            with self._steps.counted("photos", title, len(more)) as advance:
                for each in journey.send(more):
                    sent.append(each)
                    advance()
        return sent

    def _draw_people(self, journey: Journey, report: Report) -> None:
        shown = rows(report)
        crops = journey.crops(sighting for row in shown for sighting in row.sightings)
        draw(shown, crops, title="People in your photos", note=overview(report)).save(
            self._stage.sheet
        )

    def _draw_photos(self, album: Sequence[Photo], report: Report) -> None:
        """One that cannot be drawn stops no other."""
        pairs, legend = chosen(album, report), Legend.of(report)
        number = counted(len(pairs), "photo")
        title = f"Draw what is in {'the first ' if len(pairs) == MOST_PHOTOS else ''}{number}"
        with self._steps.counted("draw", title, len(pairs)) as advance:
            for photo, outcome in pairs:
                try:
                    self._gallery.hang(photo, outcome, legend)
                except Undrawable as exc:
                    self._console.print(str(exc), markup=False)
                advance()

    def _farewell(self) -> str:
        return (
            f"People:  {self._stage.sheet}\n"
            f"Photos:  {self._gallery.folder}, with boxes around what was found\n"
            f"Report:  {self._stage.report}\n"
            f"Look further: make up DEMO=1, then http://127.0.0.1:8000/ as "
            f"{self._admin.sentence()}"
        )

    def _verdict(self, report: Report) -> int:
        """Of packaged photos we know who is on them."""
        wrong = faults(report.groups, photos.EXPECTED)
        for sentence in wrong:
            sys.stderr.write(f"{sentence}\n")
        return FAILED if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
