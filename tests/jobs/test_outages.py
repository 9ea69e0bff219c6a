"""Each part of the running service goes and comes back, while photos come in: nothing is lost."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from tests.jobs.house import LIMIT_S, House, Listener
from tests.served import are_built

MEANWHILE = 3  # photos that come in while a part is away
COUNTS = "SELECT count(*), count(DISTINCT sha256) FROM photos_photo"
ENDS = """
SELECT count(*) FROM jobs_event AS event JOIN jobs_job AS job ON job.id = event.job_id
WHERE event.kind = 'job.completed' AND job.kind = 'photos'
"""
FACES = """
SELECT string_agg(DISTINCT faces::text, ',') FROM (
    SELECT count(*) AS faces FROM faces_face GROUP BY photo_id
) AS of_photo
"""


@pytest.fixture
def house(open_folder: Path) -> Iterator[House]:
    if not are_built():
        pytest.skip("The models are not built: run `make models`.")
    folder = open_folder / "outages"
    folder.mkdir(mode=0o755)
    with House(folder, django_settings.MODEL_REPOSITORY) as house:
        yield house


class TestOutages:
    def test_lose_nothing_and_double_nothing(
        self, house: House, group_photo: bytes, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sent: dict[str, str] = {}

        def send(name: str) -> None:
            sent[name] = house.submit(group_photo + name.encode(), name)

        def outage(name: str, restart: Callable[[], None]) -> float:
            """Seconds from the return of the part to the end of a photo that is sent then."""
            names = [f"{name}-{number}" for number in range(MEANWHILE)]
            sender = threading.Thread(target=lambda: list(map(send, names)))
            sender.start()
            restart()
            start = time.monotonic()
            send(f"{name}-back")
            house.await_end(sent[f"{name}-back"])
            took = time.monotonic() - start
            sender.join(LIMIT_S)
            return took

        with Listener(house) as listener:

            def heard() -> list[str]:
                """Of these jobs: the service has some of its own."""
                return [job for job in listener.heard if job in sent.values()]

            send("first")
            house.await_end(sent["first"])
            recovered = {
                "web server": outage("web", house.restart_web),
                "listeners": outage("listen", house.drop_listeners),
                "PostgreSQL": outage("postgres", house.restart_postgres),
                "model server": outage("triton", house.restart_triton),
            }
            for job in sent.values():
                house.await_end(job)
            house.await_number(
                len(sent), lambda: int(house.ask_database(ENDS)), "That all jobs have ended"
            )
            house.await_number(len(sent), lambda: len(heard()), "That all ends were heard")

        assert {house.status(job) for job in sent.values()} == {"completed"}
        assert sorted(heard()) == sorted(sent.values())  # each once
        assert house.ask_database(COUNTS) == f"{len(sent)}|{len(sent)}"
        assert house.ask_database(FACES) == "6"  # in each photo, found once
        with capsys.disabled():
            times = ", ".join(f"{part} {took:.1f} s" for part, took in recovered.items())
            print(f"\nThe next photo is done, after the return of: {times}")  # noqa: T201
