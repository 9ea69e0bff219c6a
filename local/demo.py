"""Shows the main job on real parts: photos in, people out. Leaves nothing running.

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
from local.journey import Journey
from local.processes import Supervisor, interruptible, wait_until
from local.report import Report, faults, groups
from local.sheet import draw, rows
from local.stack import Service, Surroundings
from local.stage import DATABASE, Stage
from local.steps import Steps
from local.triton import LOOPBACK, free_ports

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
        self._admin = Admin(surroundings.var / "admin-password")

    def run(self, folder: Path | None) -> int:
        """Find the people in the photos of `folder`, or in packaged ones. Gives an exit status.

        Raises:
            FolderError: there are no photos.
            LocalError: a part does not start, or ends too early.
        """
        with self._stage.held():
            with self._steps.step("gather", "Gather the photos"):
                album = photos_of(folder) if folder else self._packaged()
            self._stage.clear()
            report = self._perform(album)
        self._console.print(*results(report), sep="\n")
        self._console.print(self._farewell(), soft_wrap=True, markup=False)
        return self._verdict(report) if folder is None else 0

    def _packaged(self) -> list[Photo]:
        folder = self._stage.folder / "photos"
        return [Photo(path.name, path) for path in photos.packaged_photos(folder)]

    def _perform(self, album: Sequence[Photo]) -> Report:
        """Start everything, find the people, stop everything."""
        with ExitStack() as stack:
            service = self._prepare(stack)
            journey = self._open(stack, service)
            report = self._find_people(journey, album)
            with self._steps.step("stop", "Stop everything"):
                stack.close()
        self._stage.report.write_text(json.dumps(report.summary(), indent=1))
        return report

    def _prepare(self, stack: ExitStack) -> Service:
        """The servers that the service stands on, and its empty tables."""
        with self._steps.step("database", "Start PostgreSQL, with an empty database"):
            server = stack.enter_context(self._surroundings.database_server())
            database = Database(server, DATABASE)
            database.drop()
            database.create()
        with self._steps.step("models", "Start Triton, and load the models"):
            folder = self._stage.folder / "triton"
            triton = stack.enter_context(self._surroundings.model_server(folder))
        where = {"DATABASE_URL": database.url, "TRITON_URL": triton.url}
        return Service(where | self._stage.settings)

    def _open(self, stack: ExitStack, service: Service) -> Journey:
        """The service itself: its tables, an administrator, the web server and the workers."""
        with self._steps.step("migrate", "Make the tables"):
            service.manage("migrate", "--verbosity=0")
        with self._steps.step("admin", "Make the administrator"):
            self._admin.ensure(service)
            token = self._admin.token(service)
        with self._steps.step("service", "Start the web server and the workers"):
            port, *_ = free_ports()
            commands = service.commands(port, restart_after_s=None)
            supervisor = stack.enter_context(Supervisor(commands, log_folder=self._stage.logs))
            journey = Journey(Api(f"http://{LOOPBACK}:{port}", token), supervisor.tend)
            wait_until(journey.ready, timeout_s=READY_S, what="The web server")
        return journey

    def _find_people(self, journey: Journey, album: Sequence[Photo]) -> Report:
        sent = []
        title = f"Process {len(album)} photos"
        with self._steps.counted("photos", title, len(album)) as advance:
            for each in journey.send(album):
                sent.append(each)
                advance()
        with self._steps.step("cluster", "Group the faces"):
            journey.api.group()
        with self._steps.step("report", "Draw the contact sheet"):
            outcomes = journey.outcomes(sent)
            found = groups(journey.api.clusters(), outcomes)
            report = Report(outcomes, found, self._steps.seconds)
            self._draw(journey, report)
        return report

    def _draw(self, journey: Journey, report: Report) -> None:
        shown = rows(report)
        crops = journey.crops(sighting for row in shown for sighting in row.sightings)
        draw(shown, crops, title="People in your photos", note=overview(report)).save(
            self._stage.sheet
        )

    def _farewell(self) -> str:
        return (
            f"People:  {self._stage.sheet}\n"
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
