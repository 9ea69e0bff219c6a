"""The real parts that tests run on: PostgreSQL with pgvector, and Triton. Each starts once."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient
from whitenoise.middleware import WhiteNoiseMiddleware

import search.relevance
import search.texts
import search.words.stems
from inference import folders
from inference.client import TritonClient
from inference.control import TritonControl
from jobs.telling.hub import HUB
from local.packages import fetch
from local.photos import INSIGHTFACE
from local.triton import ENVIRONMENT, Triton
from photos.decoding import decoders
from photos.models import Owner
from tests.factories import make_owner, make_user
from tests.leaks import on_disk, open_now
from tests.migrated import Migrated, one_at_a_time
from tests.problems import watch_problems
from tests.served import MODELS, are_built
from tests.shared import folder_of_all, shared
from tests.tiny import BASE, Tiny

GROUP = "insightface/data/images/t1.jpg"  # six people
OTHERS = ("intake", "results", "annotated", "erasures")  # storages
MIGRATED = Migrated(django_settings.POSTGRES)
MADE_ONCE = {  # tables
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
}


_NO_VACUUM = """
DO $$ DECLARE name regclass; BEGIN
    FOR name IN
        SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', name); END LOOP;
END $$
"""


def pytest_collection_finish() -> None:
    """What thousands of tests are made of stays: nobody looks again for what of it may go."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[ExitStack]:
    """Our own server, unless DATABASE_URL names another. Each process has a database in it.

    What this gives is left once that database is there.
    """
    if not django_settings.DATABASE_IS_OURS:
        yield ExitStack()
        return
    with django_settings.POSTGRES.used(), ExitStack() as making:
        making.enter_context(one_at_a_time(django_settings.VAR / "test"))
        if MIGRATED.is_there():
            connection.settings_dict["TEST"]["TEMPLATE"] = MIGRATED.name
        yield making


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_modify_db_settings: ExitStack,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> None:
    """Commits wait for no disk: what tests write need not outlive the machine.

    And nobody vacuums in between: the planner would take tables that a test fills for the empty
    ones that the last test has left, and join them row by row with each other.
    """
    name = str(connection.settings_dict["NAME"])
    with django_db_modify_db_settings, django_db_blocker.unblock():
        with connection.cursor() as cursor:
            quoted = connection.ops.quote_name(name)
            cursor.execute(f"ALTER DATABASE {quoted} SET synchronous_commit = off")
            cursor.execute(_NO_VACUUM)
        connection.close()
        if django_settings.DATABASE_IS_OURS and not MIGRATED.is_there():
            MIGRATED.keep(name)


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter, as a checkout in /srv is; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="kindred-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def triton_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """gRPC address of a real Triton that serves the models: ours, or that of TRITON_URL."""
    if "TRITON_URL" in os.environ:
        yield os.environ["TRITON_URL"]
        return
    if not are_built():
        pytest.skip("The models are not built: run `make models`.")
    folder = folder_of_all(tmp_path_factory) / "triton"
    with shared(folder, lambda: _triton(folder)) as url:
        yield url


@contextmanager
def _triton(folder: Path) -> Iterator[str]:
    with Triton(django_settings.MODEL_REPOSITORY, MODELS, folder) as triton:
        yield triton.url


@pytest.fixture(scope="session")
def triton(triton_url: str) -> Iterator[TritonClient]:
    with TritonClient(triton_url, timeout_s=30) as client:
        yield client


@pytest.fixture(scope="session")
def tiny_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """gRPC address of a real Triton of our own with no model but the base, and its repository."""
    if not ENVIRONMENT.exists():
        pytest.skip("Triton is not installed: run `make setup`.")
    repository = tmp_path_factory.mktemp("tiny")
    base = Tiny(repository).write_base()
    with Triton(repository, [base], tmp_path_factory.mktemp("tiny-triton")) as triton:
        yield triton.url, repository


@pytest.fixture
def tiny(
    tiny_server: tuple[str, Path], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Tiny]:
    """An empty repository, and settings that name the real server that serves it.

    Its models are programs, which the service has none of loaded but here.
    """
    monkeypatch.setattr(folders, "BACKENDS", {*folders.BACKENDS, "python", "ensemble"})
    url, repository = tiny_server
    settings.TRITON_URL, settings.MODEL_REPOSITORY = url, repository
    models = Tiny(repository)
    yield models
    with TritonControl(url, timeout_s=30) as control:
        for name in control.index().keys() - {BASE}:
            control.unload(name)
            control.settle(name, timeout_s=30)
    models.clear()


@pytest.fixture(scope="session")
def group_photo(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real photo of six people."""
    [path] = fetch(INSIGHTFACE, [GROUP], tmp_path_factory.mktemp("photos"))
    return path.read_bytes()


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied_fast() -> Iterator[None]:
    """Django truncates tables and makes their permissions anew: that takes longer than most tests.

    After a test that commits, the few rows that it left are deleted instead.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_tables)
        yield


def _empty_tables(_case: TransactionTestCase) -> None:
    tables = set(connection.introspection.table_names()) - MADE_ONCE
    deletions = [f"DELETE FROM {connection.ops.quote_name(table)}" for table in sorted(tables)]  # noqa: S608  # our own tables
    with transaction.atomic(), connection.cursor() as cursor:  # references are checked at its end
        cursor.execute(";".join(deletions))


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """As in a new process: what a test costs is not what those before it have asked for."""
    for kept in (search.texts.KEPT, search.relevance.KEPT, search.words.stems.KEPT):
        kept.forget()


@pytest.fixture(scope="session", autouse=True)
def _files_wait_for_no_disk() -> Iterator[None]:
    """As commits do not: each file that is kept would wait for some milliseconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _file: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_looked_for_once() -> Iterator[None]:
    """Each client of a test has WhiteNoise look for all static files, of which there are many."""
    look, found = WhiteNoiseMiddleware.add_files_from_finders, dict[str, Any]()

    def add(server: WhiteNoiseMiddleware) -> None:
        if not found:
            look(server)
            found.update(server.files)
        server.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add)
        yield


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    """Files of a test go below its own folder."""
    storages = {**settings.STORAGES}
    folders = {"default": "media", **{name: name for name in OTHERS}}
    for name, folder in folders.items():
        options = {**storages[name].get("OPTIONS", {}), "location": tmp_path / folder}
        storages[name] = {**storages[name], "OPTIONS": options}
    settings.STORAGES = storages
    settings.TRAININGS_ROOT = tmp_path / "trainings"


@pytest.fixture(autouse=True)
def _files_are_closed() -> Iterator[None]:
    """A file that a test forgets is complained of in that test, not in whichever runs later."""
    before = open_now()
    yield
    if on_disk(open_now() - before):
        gc.collect()


@pytest.fixture(autouse=True)
def _nobody_listens() -> Iterator[None]:
    """The connection that hears the database's NOTIFY ends with the test that needed it."""
    yield
    HUB.close()


@pytest.fixture(autouse=True)
def _one_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """All requests have it: so two answers that say the same are the same."""
    monkeypatch.setattr("config.requests.new_id", lambda: "test")


@pytest.fixture(autouse=True)
def _errors_are_described(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever error any test is answered with, the schema says so of that operation."""
    surprises = watch_problems(monkeypatch)
    yield
    assert surprises == []


@pytest.fixture(scope="session", autouse=True)
def _decoders_end() -> Iterator[None]:
    """Those of this process, and none that have the limits of whichever test decodes first.

    No process of theirs starts before a test needs it.
    """
    with decoders():
        yield
        decoders.cache_clear()


@pytest.fixture
def owner(db: None) -> Owner:
    """An owner whom a Django user acts for."""
    return make_owner(user=make_user())


@pytest.fixture
def admin_user(db: None) -> User:
    """May do all. Has no password: hashing one for each test takes longer than the tests."""
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def api(owner: Owner) -> APIClient:
    """The API as `owner` sees it."""
    client = APIClient()
    client.force_authenticate(owner.user)
    return client
