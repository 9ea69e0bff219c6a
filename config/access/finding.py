"""Finding an API key by its secret, with all that a request asks of it, in one statement.

Written out: Django would take as long again to make the same statement anew for each request.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model

from config.models import ApiKey
from photos.models import Owner

M = TypeVar("M", bound=Model)
_FIND = """
    SELECT {columns} FROM config_apikey AS key
    JOIN auth_user AS acting ON acting.id = key.user_id AND acting.is_active
    LEFT JOIN photos_owner AS owner ON owner.id = COALESCE(
        key.owner_id, (SELECT own.id FROM photos_owner AS own WHERE own.user_id = key.user_id)
    )
    WHERE key.id IN (
        SELECT id FROM config_apikey WHERE digest = %(digest)s
        UNION ALL SELECT id FROM config_apikey
        WHERE old_digest = %(digest)s AND old_until > statement_timestamp()
    ) AND key.revoked_at IS NULL
    AND (key.expires_at IS NULL OR key.expires_at > statement_timestamp())
"""


def by_digest(digest: str) -> tuple[ApiKey, User, Owner | None] | None:
    """The valid key whose secret has `digest`, or had it until now; as whom and for whom it acts.

    None: there is no such key, or its user may not come in. No owner: it is not made yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(_statement(), {"digest": digest})
        row = cursor.fetchone()
    if row is None:
        return None
    values = iter(row)
    key, user = _built(ApiKey, values), _built(User, values)
    owner = _built(Owner, values)
    key.user = user
    return key, user, owner if owner.pk else None


@lru_cache
def _statement() -> str:
    parts = (("key", ApiKey), ("acting", User), ("owner", Owner))
    names = [f'{alias}."{name}"' for alias, table in parts for name in _columns(table)]
    return _FIND.format(columns=", ".join(names))


@lru_cache
def _columns(table: type[Model]) -> Sequence[str]:
    return [str(field.column) for field in table._meta.concrete_fields]  # noqa: SLF001  # of the table


def _built(table: type[M], values: Iterator[Any]) -> M:
    """A row of `table`, of as many of the next values as it has columns."""
    columns = _columns(table)
    return table.from_db(connection.alias, columns, list(islice(values, len(columns))))
