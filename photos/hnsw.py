"""Indexes over vectors: a partial one for each space, as spaces have dimensions of their own."""

from django.db import connection, models

from photos.models import Space


def create_index(table: type[models.Model], space: Space) -> None:
    """An HNSW index (cosine) over the vectors of `space` alone, in `table`'s column `vector`."""
    name = table._meta.db_table  # noqa: SLF001  # Django's documented API
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE INDEX IF NOT EXISTS {name}_hnsw_{int(space.pk)} ON {name} "
            f"USING hnsw ((vector::halfvec({int(space.dimension)})) halfvec_cosine_ops) "
            f"WHERE space_id = {int(space.pk)}"
        )
