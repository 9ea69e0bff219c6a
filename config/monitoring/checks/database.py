"""Is the database there, as it has to be, and of the same opinion on what time it is?"""

import time
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from config.monitoring.checks.findings import Finding, fine, warning, wrong

PGVECTOR = (0, 8, 4)
_APART_S = 5.0  # by which clocks may differ
_START = "Start it, or have DATABASE_URL name the right one: docs/settings.md."
_done: set[str] = set()  # migrations are not taken back while we run


def database() -> Finding:
    try:
        version = _value("SHOW server_version")
    except DatabaseError as exc:
        says = str(exc).strip().splitlines()[0]
        return wrong("database", f"The database does not answer: {says}", _START)
    return fine("database", f"PostgreSQL {version} answers.")


def migrations() -> Finding:
    """Whether the tables are those of this release. Looked for until they are."""
    name = "migrations"
    if name not in _done:
        try:
            executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError:
            return wrong(name, "The tables can't be looked at: no database.", _START)
        if plan:
            says = f"{len(plan)} migrations are not applied, the first is {plan[0][0]}."
            return wrong(name, says, "Run `manage.py migrate` (make migrate) and start again.")
        _done.add(name)
    return fine(name, "The tables are those of this release.")


def pgvector() -> Finding:
    name = "pgvector"
    try:
        found = _value("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    except DatabaseError:
        return wrong(name, "Nobody can say whether pgvector is there: no database.", _START)
    if not found:
        mend = "Install pgvector on the database server, then run `manage.py migrate`."
        return wrong(name, "The extension pgvector is not in the database.", mend)
    if tuple(int(part) for part in str(found).split(".")) < PGVECTOR:
        wanted = ".".join(map(str, PGVECTOR))
        mend = "Install a newer one, then run ALTER EXTENSION vector UPDATE."
        return warning(name, f"pgvector is {found}: searches need {wanted} or newer.", mend)
    return fine(name, f"pgvector {found} is there.")


def clock() -> Finding:
    name = "clock"
    try:
        before = time.time()
        theirs = float(_value("SELECT extract(epoch FROM clock_timestamp())"))
        ours = (before + time.time()) / 2
    except DatabaseError:
        return wrong(name, "The clocks can't be compared: no database.", _START)
    if abs(theirs - ours) > _APART_S:
        says = f"The database's clock is {theirs - ours:+.0f} s from this machine's."
        mend = "Have both set by NTP: leases, tokens and signatures go by the clock."
        return wrong(name, says, mend)
    return fine(name, "The database and this machine agree on the time.")


def _value(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return row[0] if row else None
