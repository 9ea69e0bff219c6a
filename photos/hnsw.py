"""Indexes over vectors: a partial one for each space, as spaces have dimensions of their own."""

from django.db import connection, models

from photos.models import Space

LINKS = 16  # of each vector to others
EFFORT = 128  # candidates for these: a search finds far more than with pgvector's own 64


def create_index(table: type[models.Model], space: Space) -> None:
    """An HNSW index (cosine) over the vectors of `space` alone, in `table`'s column `vector`."""
    with connection.cursor() as cursor:
        cursor.execute(_sql(table, space, ""))


def build_index(table: type[models.Model], space: Space) -> None:
    """The same over vectors that are there, while others write. In no transaction: it takes long.

    Ten times faster than adding them one by one. Killed and begun anew, it leaves a whole index.
    """
    with connection.cursor() as cursor:
        name = name_of(table, space)
        cursor.execute(
            "SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid", [name]
        )
        if cursor.rowcount:
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        cursor.execute(_sql(table, space, "CONCURRENTLY"))


def drop_index(table: type[models.Model], space: Space) -> None:
    """Have no index over the vectors of `space`, while others write. In no transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name_of(table, space)}")


def name_of(table: type[models.Model], space: Space) -> str:
    """Of the index over the vectors of `space`."""
    return f"{table._meta.db_table}_hnsw_{int(space.pk)}"  # noqa: SLF001  # Django's documented API


def _sql(table: type[models.Model], space: Space, how: str) -> str:
    return (
        f"CREATE INDEX {how} IF NOT EXISTS {name_of(table, space)} "
        f"ON {table._meta.db_table} "  # noqa: SLF001  # as above
        f"USING hnsw ((vector::halfvec({int(space.dimension)})) halfvec_cosine_ops) "
        f"WITH (m = {LINKS}, ef_construction = {EFFORT}) "
        f"WHERE space_id = {int(space.pk)}"
    )
