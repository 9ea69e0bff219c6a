"""What one photo takes: `python -m bench.units [--photos N]`. Writes deploy/units.json.

Processor time of each kind of process, statements, and bytes: of photos that workers look at with
all operations, and of the image encoder alone, as when a library is embedded anew. Planned with by
deploy/scaling.py.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from rich.console import Console

from bench.machine import short
from bench.processor import Kinds, spent
from bench.stage import copies, python, staged
from local.photos import packaged_photos
from local.postgres import Postgres
from local.processes import Command, Supervisor
from local.stack import CHECKOUT, Surroundings

RESULT = CHECKOUT / "deploy" / "units.json"
DATABASE = "kindred_bench_units"
PHOTOS = 240
COUNTED = 24  # photos whose statements are counted: each is written to PostgreSQL's log
PATIENT = {"TRITON_TIMEOUT_S": "300", "LEASE_S": "300"}  # others use this machine: no second tries
ALL, EMBEDDING = "all", "embedding"
_SIZES = """
    SELECT sum(pg_table_size(oid)) FILTER (WHERE relkind = 'r'),
        sum(pg_relation_size(oid)) FILTER (WHERE relkind = 'i' AND relam <> hnsw.key)
    FROM pg_class, (SELECT oid AS key FROM pg_am WHERE amname = 'hnsw') AS hnsw
    WHERE relnamespace = 'public'::regnamespace
"""
VECTORS = 10_000  # in an index that is built to be weighed: with few, its pages are mostly empty
_VECTORS = """
    CREATE TEMPORARY TABLE vectors AS SELECT (
        SELECT array_agg(random() - .5 + 0 * (number + each))::real[]
        FROM generate_series(1, {dimension}) AS each
    )::halfvec({dimension}) AS vector FROM generate_series(1, {count}) AS number;
    CREATE INDEX vectors_hnsw ON vectors USING hnsw (vector halfvec_cosine_ops)
        WITH (m = 16, ef_construction = 128)
"""


@dataclass(frozen=True)
class Bench:
    """Workers, models and a database that do nothing else."""

    settings: Mapping[str, str]
    folder: Path
    postgres: Postgres
    originals: Sequence[Path]

    def measured(self, photos: int) -> dict[str, Any]:
        """Of `photos` photos, after some that fill pages and caches."""
        self._through(ALL, photos // 4)
        before, made = self._sizes(), self._made()
        told, cpu_ms = self._timed(ALL, photos)
        tables, indexes = (
            (after - was) / photos for was, after in zip(before, self._sizes(), strict=True)
        )
        faces = told["faces"] / photos
        more = {name: (size - made[name]) / photos for name, size in self._made().items()}
        return {
            "photos": photos,
            "seconds": round(told["seconds"], 1),
            "faces": round(faces, 2),
            "cpu_ms": cpu_ms,
            "cpu_ms_embedding": self._timed(EMBEDDING, photos)[1],
            "statements": self._statements(),
            "bytes": {
                **{name: round(each) for name, each in more.items()},
                "tables": round(tables),
                "indexes": round(indexes),
                "vectors": round(
                    self._in_index("image_encoder") + faces * self._in_index("face_embedder")
                ),
            },
        }

    def _timed(self, operation: str, photos: int) -> tuple[dict[str, Any], dict[str, float]]:
        before = self._spent()
        told = self._through(operation, photos)
        after = self._spent()
        return told, {
            name: round((after[name] - before[name]) * 1000 / photos, 1) for name in after
        }

    def _spent(self) -> dict[str, float]:
        kinds: Kinds = {"worker": "manage.py worker", "models": "tritonserver"}
        return spent(kinds) | spent({"database": ""}, self.postgres.server.pids())

    def _through(self, operation: str, photos: int) -> dict[str, Any]:
        with TemporaryDirectory(dir=self.folder) as place:
            files = copies(self.originals, Path(place) / "photos", photos)
            return python("bench.through_queue", [operation, *files], self.settings)

    def _sizes(self) -> tuple[int, int]:
        with psycopg.connect(self.settings["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("VACUUM")
            row = connection.execute(_SIZES).fetchone()
        assert row  # noqa: S101  # sums
        return int(row[0]), int(row[1])

    def _in_index(self, role: str) -> float:
        """Bytes of a vector of that role in an HNSW index such as ours."""
        space = "SELECT dimension FROM photos_space WHERE role = %s ORDER BY id DESC LIMIT 1"
        with psycopg.connect(self.settings["DATABASE_URL"], autocommit=True) as connection:
            [dimension] = connection.execute(space, [role]).fetchone() or [0]
            for statement in _VECTORS.format(dimension=int(dimension), count=VECTORS).split(";"):
                connection.execute(statement.encode())
            size = connection.execute("SELECT pg_relation_size('vectors_hnsw')").fetchone()
        assert size  # noqa: S101  # one row
        return float(size[0]) / VECTORS

    def _made(self) -> dict[str, int]:
        """Bytes below the media: what came, and what was made of it."""
        files = [file for file in (self.folder / "media").rglob("*") if file.is_file()]
        kinds = {"originals": 0, "pictures": 0}
        for file in files:
            kind = "originals" if "original" in file.name else "pictures"
            kinds[kind] += file.stat().st_size
        return kinds

    def _statements(self) -> float:
        """A photo's, by PostgreSQL's own log: workers', and what submitting it took."""
        log = self.postgres.server.log
        with self._logged():
            begin = log.stat().st_size
            self._through(ALL, COUNTED)
            written = log.read_bytes()[begin:]
        said = sum(written.count(f"LOG:  {word}".encode()) for word in ("statement:", "execute "))
        return round(said / COUNTED, 1)

    @contextmanager
    def _logged(self) -> Iterator[None]:
        """Inside the block each statement is written to the log."""
        with psycopg.connect(self.settings["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET log_statement = 'all'")
            connection.execute("SELECT pg_reload_conf()")
            try:
                yield
            finally:
                connection.execute("ALTER SYSTEM RESET log_statement")
                connection.execute("SELECT pg_reload_conf()")


def measure(photos: int, console: Console) -> dict[str, Any]:
    surroundings = Surroundings.read()
    if surroundings.database_url or surroundings.triton_url:
        sys.exit("This measures PostgreSQL and Triton too: leave DATABASE_URL and TRITON_URL out.")
    with TemporaryDirectory(prefix="kindred-bench-") as place, console.status("units"):
        folder = Path(place)
        originals = packaged_photos(folder / "photos")
        with (
            staged(surroundings, DATABASE, folder) as settings,
            surroundings.model_server(folder / "triton") as triton,
        ):
            told = {**settings, "TRITON_URL": triton.url, **PATIENT}
            worker = Command("worker", [sys.executable, "manage.py", "worker"], told, CHECKOUT)
            with Supervisor([worker], log_folder=folder):
                postgres = Postgres(surroundings.var / "postgres")
                return Bench(told, folder, postgres, originals).measured(photos)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.units", description=__doc__)
    parser.add_argument("--photos", type=int, default=PHOTOS)
    console = Console()
    found = {
        "machine": short(),
        "day": datetime.now(UTC).date().isoformat(),
        "pack": "packaged",
        **measure(parser.parse_args().photos, console),
    }
    RESULT.write_text(json.dumps(found, indent=2) + "\n")
    console.print_json(data=found)


if __name__ == "__main__":
    main()
