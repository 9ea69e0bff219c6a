"""What docs/switching.md says became of other systems' names, against what is there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import Resolver404, resolve

from config.upgrading import MAPPED, REFUSED, settle
from jobs.management.commands.faces import Command as Faces

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "switching.md").read_text("utf-8")
SETTINGS = "".join(
    each.read_text("utf-8")
    for each in [*sorted((ROOT / "config").glob("*settings.py")), ROOT / "config/environment.py"]
)
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
JOB = "0c1e1f2a-5b7c-4d37-8a16-2f6a5c4f6d10"
VARIABLES = {  # all that the documents name
    "microservice": """
        DATABASE_DIR DATABASE_URL STORAGE_DIR PUBLIC_KEY_PATH AUTH_DISABLED WORKER_POLL_INTERVAL
        WORKER_MAX_RETRIES MEDIA_STORE_URL MEDIA_STORE_STUB QDRANT_URL LOG_LEVEL""",
    "image search": """
        DATABASE_URL REDIS_URL QDRANT_URL QDRANT_API_KEY LOG_LEVEL FACE_PERSON_MATCH_THRESHOLD
        FACE_UNKNOWN_CLUSTERING_METHOD FACE_UNKNOWN_MIN_CLUSTER_SIZE FACE_TRIPLET_MARGIN
        FACE_TRAINING_EPOCHS""",
    "Kizu": """
        SUPABASE_URL SUPABASE_ANON_KEY SUPABASE_SERVICE_ROLE_KEY MODEL_CACHE_DIR CLIP_MODEL
        CLIP_PRETRAINED YOLO_SIZE FACE_MODEL_NAME FACE_THRESHOLD MAX_IMAGE_SIZE BATCH_SIZE REDIS_URL
        API_HOST API_PORT DEBUG ALLOW_EXTERNAL_APIS""",
}
TARGETS = [
    "help", "dev", "lint", "format", "typecheck", "test", "db-up", "db-down", "migrate",
    "makemigrations", "worker", "faces-pipeline", "faces-pipeline-dual", "faces-pipeline-full",
    "faces-cluster", "faces-cluster-dual", "faces-train-matching", "faces-ensure-collection",
    "faces-backfill", "faces-assign", "faces-centroids", "faces-stats",
]  # fmt: skip
OPTIONS = [
    "LIMIT", "MAX_FACES", "PERSON_THRESHOLD", "UNKNOWN_METHOD", "EPOCHS", "MARGIN", "MIN_FACES",
]  # fmt: skip
EXAMPLES = {  # as the image search service's README has them
    "faces-backfill LIMIT=10000": "backfill --limit 10000",
    "faces-cluster MAX_FACES=10000": "cluster --max-faces 10000",
    "faces-assign MAX_FACES=500": "assign --max-faces 500",
    "faces-pipeline-dual LIMIT=10000": "pipeline-dual --limit 10000",
    "faces-pipeline-full EPOCHS=50 MARGIN=0.3": "pipeline-full --epochs 50 --margin 0.3",
    "faces-cluster-dual PERSON_THRESHOLD=0.8 UNKNOWN_METHOD=hdbscan":
        "cluster-dual --person-threshold 0.8 --unknown-method hdbscan",
    "faces-train-matching EPOCHS=50 MARGIN=0.3 MIN_FACES=10":
        "train-matching --epochs 50 --margin 0.3 --min-faces 10",
}  # fmt: skip
PATHS = {  # as the documents write them
    "BADAK": [
        "/api/process", "/api/batch-process", "/api/merge-clusters", f"/api/jobs/{JOB}",
        "/api/clusters", "/api/cluster/clu_abc123def456/thumbnail", "/health",
    ],
    "microservice": [
        "/job/image_embedding", "/job/face_detection", "/job/face_embedding", f"/job/{JOB}",
        "/admin/stats", "/admin/cleanup", "/health", "/docs",
    ],
    "image search": [
        "/api/v1/faces/clusters/clu_abc123def456/label", "/api/v1/faces/cluster/dual",
        "/api/v1/faces/train", "/health",
    ],
    "Kizu": [
        "/api/v1/process/image", "/api/v1/process/batch", "/api/v1/process/webhook",
        "/api/v1/process/reindex", "/api/v1/search/", "/api/v1/search/by-face",
        "/api/v1/search/by-object", "/api/v1/search/objects", "/api/v1/faces/cluster",
        "/api/v1/faces/clusters", "/api/v1/faces/clusters/clu_1/assign",
        "/api/v1/faces/clusters/clu_1", "/api/v1/faces/clusters/merge",
        "/api/v1/faces/clear-clustering", "/api/v1/faces/backfill-thumbnails", "/api/v1/health",
        "/api/v1/models", "/api/v1/models/available", "/api/v1/models/load/face_detector/a.1",
        "/api/v1/models/unload/face_detector/a.1", "/api/v1/models/unload-all", "/api/v1/jobs/",
        f"/api/v1/jobs/{JOB}",
    ],
}  # fmt: skip


def table() -> dict[str, tuple[str, str]]:
    """Of each variable on the page: whose it is, and what became of it."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \| (.+) \|$", PAGE, re.MULTILINE)
    return {name: (of, what) for name, of, what in rows}


class TestVariables:
    def test_are_all_on_the_page(self) -> None:
        named = {name for names in VARIABLES.values() for name in names.split()}

        assert set(table()) == named == named | set(MAPPED) | set(REFUSED)
        for system, names in VARIABLES.items():
            assert all(system in table()[name][0] for name in names.split()), system

    def test_are_in_the_example_beside_our_own(self) -> None:
        listed = set(re.findall(r"^#([A-Z][A-Z0-9_]*)=", EXAMPLE, re.MULTILINE))
        read = set(re.findall(r"env\.[a-z_]+\(\s*\"([A-Z0-9_]+)\"", SETTINGS))
        read |= set(re.findall(r"env\(\"([A-Z0-9_]+)\"", SETTINGS))

        assert listed == read | set(table()) | {"DATABASE_URL"}

    @pytest.mark.parametrize("name", sorted(table()))
    def test_are_treated_as_the_page_says(self, name: str) -> None:
        what = table()[name][1].split(":")[0].split()[0].strip(",")

        environ = {name: "true" if name == "ALLOW_EXTERNAL_APIS" else "given"}

        match what:
            case "honoured" if name != "ALLOW_EXTERNAL_APIS":
                settle(environ)
                assert environ == {name: "given"}
                assert re.search(rf"env\.?[a-z_]*\(\s*\"{name}\"", SETTINGS)
            case "mapped":
                settle(environ)
                ours = MAPPED[name]
                assert environ == {name: "given", ours: "given"}
                assert f"`{ours}`" in table()[name][1]
                assert f'"{ours}"' in SETTINGS
            case "refused" | "honoured":
                with pytest.raises(ImproperlyConfigured, match=rf"\n  {name}: [A-Z`].+\."):
                    settle(environ)
            case _:
                pytest.fail(f"{name}: {what}")


class TestSettling:
    def test_names_all_at_once_and_no_values(self) -> None:
        with pytest.raises(ImproperlyConfigured) as told:
            settle({"QDRANT_URL": "http://q:6333", "SUPABASE_ANON_KEY": "s3cret"})

        assert "QDRANT_URL: " in str(told.value)
        assert "SUPABASE_ANON_KEY: " in str(told.value)
        assert "s3cret" not in str(told.value)

    def test_takes_empty_ones_for_left_out(self) -> None:
        environ = dict.fromkeys([*REFUSED, *MAPPED, "ALLOW_EXTERNAL_APIS"], "")

        settle(environ)

        assert set(environ.values()) == {""}

    def test_lets_ours_count_where_both_are_set(self) -> None:
        environ = {"STORAGE_DIR": "/theirs", "RESULTS_ROOT": "/ours"}

        settle(environ)

        assert environ["RESULTS_ROOT"] == "/ours"

    @pytest.mark.parametrize("value", ["false", "False", "0", "no"])
    def test_lets_external_services_be_forbidden(self, value: str) -> None:
        environ = {"ALLOW_EXTERNAL_APIS": value}

        settle(environ)

        assert environ == {"ALLOW_EXTERNAL_APIS": value}

    @pytest.mark.parametrize("driver", ["", "+asyncpg", "+psycopg2"])
    def test_takes_the_address_of_a_database_with_any_driver(self, driver: str) -> None:
        environ = {"DATABASE_URL": f"postgresql{driver}://postgres:p@localhost:5432/image_search"}

        settle(environ)

        assert environ == {"DATABASE_URL": "postgresql://postgres:p@localhost:5432/image_search"}

    def test_refuses_sqlite(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="PostgreSQL with pgvector"):
            settle({"DATABASE_URL": "sqlite:///../data/inference.db"})


class TestStart:
    def test_is_stopped_by_what_can_not_be_honoured(self) -> None:
        given = dict.fromkeys(REFUSED, "given") | {"DATABASE_URL": "sqlite:///a.db"}

        ended = started(given)

        assert ended.returncode != 0
        for name, instead in REFUSED.items():
            assert f"{name}: {instead}" in ended.stderr

    def test_honours_what_is_mapped(self, tmp_path: Path) -> None:
        show = "from django.conf import settings; print(settings.RESULTS_ROOT)"

        ended = started({"STORAGE_DIR": str(tmp_path)}, "shell", "--no-imports", "-c", show)

        assert (ended.returncode, ended.stdout.strip()) == (0, str(tmp_path)), ended.stderr


class TestMake:
    @pytest.mark.parametrize("target", TARGETS)
    def test_has_the_documented_targets(self, target: str) -> None:
        assert re.search(rf"^{target}:.*## ", MAKEFILE, re.MULTILINE)
        assert f"`make {target}`" in PAGE

    @pytest.mark.parametrize("name", OPTIONS)
    def test_has_the_documented_variables(self, name: str) -> None:
        assert re.search(rf"\$\(call option,{name},", MAKEFILE)
        assert f"`{name}`" in PAGE

    @pytest.mark.parametrize("example", EXAMPLES)
    def test_passes_the_documented_values_on(self, example: str) -> None:
        ran = subprocess.run(  # noqa: S603  # our own Makefile, and nothing of it is done
            ["make", "--dry-run", "--no-print-directory", *example.split()],  # noqa: S607
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )

        words = shlex.split(ran.stdout.splitlines()[-1])
        assert " ".join(words) == f".venv/bin/python manage.py faces {EXAMPLES[example]}"
        Faces().create_parser("manage.py", "faces").parse_args(words[3:])


class TestPaths:
    @pytest.mark.parametrize("path", sorted({each for paths in PATHS.values() for each in paths}))
    def test_answer_with_and_without_a_slash(self, path: str) -> None:
        for each in (path.rstrip("/"), f"{path.rstrip('/')}/"):
            try:
                assert "NothingHere" not in repr(resolve(each).func)
            except Resolver404:
                pytest.fail(each)

    @pytest.mark.django_db
    def test_of_the_interactive_documentation_is_the_same(self) -> None:
        page: Any = Client().get("/docs")

        assert page.status_code == 200
        assert "/static/drf_spectacular_sidecar/" in page.content.decode()


class TestScripts:
    @pytest.mark.parametrize(
        ("words", "says"),
        [(["-m", "src.worker"], "worker.py worker"), (["run_worker.py"], "pull_worker")],
    )
    def test_are_there_under_their_old_names(self, words: list[str], says: str) -> None:
        ended = run([*words, "--help"], {})

        assert ended.returncode == 0, ended.stderr
        assert says in ended.stdout

    def test_of_kizu_have_its_options(self) -> None:
        options = ["--worker-id", "my-nas", "--poll-interval", "10", "--debug"]

        ended = run(["run_worker.py", *options], {"WORKER_SERVER": "", "WORKER_TOKEN": ""})

        assert "Say for which server" in ended.stderr


def started(variables: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return run(["manage.py", *(words or ("check",))], variables)


def run(words: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own programs
        [sys.executable, *words],
        cwd=ROOT,
        env=dict(os.environ) | variables,
        capture_output=True,
        text=True,
        check=False,
    )
