"""The plan of docs/scaling.md: its tables are the script's, and the script's sums are right."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from deploy import scaling
from deploy.day import PHOTOS_A_WORKER, Plant, played
from deploy.scaling import LIBRARIES, PAGE, Library, Units, written
from tests.deploy.clusters import one

UNITS = Units(
    measured="an example",
    worker_s=0.2,
    models_s=0.5,
    database_s=0.02,
    embedding_s=0.1,
    statements=30,
    faces=1.5,
    pictures=40_000,
    tables=5_000,
    indexes=1_000,
    vectors=2_000,
    originals=90_000,
)
MILLION = Library(10**6, UNITS)


class TestThePage:
    def test_has_the_tables_of_the_script(self) -> None:
        page = PAGE.read_text()

        assert written(page, Units.read()) == page

    def test_is_of_what_was_measured(self) -> None:
        told = json.loads(scaling.UNITS.read_text())

        assert told["photos"] >= 100
        assert all(told["cpu_ms"][name] > 0 for name in ("worker", "models", "database"))
        assert all(size > 0 for size in told["bytes"].values())
        assert min(told["statements"], told["faces"], sum(told["cpu_ms_embedding"].values())) > 0

    def test_that_lacks_a_place_is_refused(self) -> None:
        with pytest.raises(ValueError, match="has 0 places for the table units"):
            written("# No tables", UNITS)

    def test_is_written_twice_as_once(self) -> None:
        once = written("<!-- units -->\n\n<!-- takes -->\n| old |\n\n<!-- day -->\n", UNITS)

        assert written(once, UNITS) == once
        assert "old" not in once


class TestALibrary:
    def test_takes_processors_in_step_with_its_photos(self) -> None:
        assert MILLION.cores(0.72) == pytest.approx(10**6 * 0.72 / (30 * 86400 * 0.7))
        assert Library(10**8, UNITS).cores(0.72) == pytest.approx(100 * MILLION.cores(0.72))

    def test_has_whole_workers_tritons_partitions_and_machines(self) -> None:
        found = [
            (each.workers, each.tritons, each.partitions, each.machines)
            for each in (Library(n, UNITS) for n in LIBRARIES)
        ]

        assert found == [(1, 1, 1, 1), (6, 7, 10, 1), (56, 69, 100, 2)]

    def test_has_more_machines_where_the_work_asks_for_them(self) -> None:
        busy = replace(UNITS, database_s=0.4)

        assert Library(10**9, busy).machines == 4

    def test_is_embedded_anew_by_those_who_took_it_in(self) -> None:
        seconds = 10**6 * UNITS.embedding_s

        assert MILLION.embedding_days == pytest.approx(seconds / (6 * 0.7 * 86400))


class TestADay:
    def test_leaves_nothing_where_few_come(self) -> None:
        day = played(Plant(photos_a_day=1000, photos_a_worker_s=10, most_workers=5))

        assert (day.workers, day.longest_wait_min < 1, day.left < 1) == (1, True, True)
        assert day.worker_hours == pytest.approx(24)

    def test_brings_workers_in_the_evening_and_lets_them_go(self) -> None:
        plant = Plant(photos_a_day=200_000, photos_a_worker_s=2, most_workers=50)

        day = played(plant)

        assert 4 < day.workers <= 50
        assert day.worker_hours < 24 * day.workers / 2
        assert day.left < PHOTOS_A_WORKER * day.workers

    def test_lets_photos_wait_where_workers_are_too_few(self) -> None:
        few = played(Plant(photos_a_day=500_000, photos_a_worker_s=2, most_workers=2))

        assert few.workers == 2
        assert few.left > 100_000
        assert few.longest_wait_min > 60

    def test_goes_by_the_number_that_the_manifest_has(self) -> None:
        [trigger] = one("ScaledObject", "worker")["spec"]["triggers"]

        assert trigger["metadata"]["targetQueryValue"] == str(PHOTOS_A_WORKER)


class TestTheCommand:
    def test_writes_the_page(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        page = tmp_path / "scaling.md"
        page.write_text("<!-- units -->\n\n<!-- takes -->\n\n<!-- day -->\n")
        monkeypatch.setattr(scaling, "PAGE", page)

        scaling.main(["--write"])

        assert "| originals, at 4 MB | 4 TB | 400 TB | 4 PB |" in page.read_text()

    def test_prints_the_same(self, capsys: pytest.CaptureFixture[str]) -> None:
        scaling.main([])

        printed = capsys.readouterr().out
        assert all(table in printed for table in scaling.tables(Units.read()).values())
