"""One database of a PostgreSQL server: whether it is there, and having it new."""

from typing import Self
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from local import LocalError


class Database:
    """The database `name` of the server that answers at `server_url`, there or not.

    Every method raises LocalError, in the server's words, when the server does not do it.
    """

    def __init__(self, server_url: str, name: str) -> None:
        self._server_url = server_url
        self.name = name

    @property
    def url(self) -> str:
        server = urlsplit(self._server_url)
        options = f"?{server.query}" if server.query else ""
        return f"postgresql://{server.netloc}/{quote(self.name, safe='')}{options}"

    def exists(self) -> bool:
        question = sql.SQL("SELECT 1 FROM pg_database WHERE datname = {}")
        return bool(self._run(question.format(sql.Literal(self.name))))

    def create(self) -> None:
        """Have it; one that is there stays as it is."""
        if not self.exists():
            self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))

    def copy(self, other: Self) -> None:
        """Have it anew, with all that is in `other`, which nobody uses meanwhile."""
        self.drop()
        names = (sql.Identifier(each) for each in (self.name, other.name))
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))

    def drop(self) -> None:
        """Have it no more, whoever uses it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._run(statement.format(sql.Identifier(self.name)))

    def _run(self, statement: sql.Composed) -> list[tuple[object, ...]]:
        try:
            with psycopg.connect(self._server_url, autocommit=True) as connection:
                cursor = connection.execute(statement)
                return cursor.fetchall() if cursor.description else []
        except psycopg.Error as exc:
            raise LocalError(f"PostgreSQL, database {self.name}: {exc}") from exc
