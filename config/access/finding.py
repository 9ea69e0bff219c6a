"""Finding an API key by its secret, with all that a request asks of it, in one statement.

Written out: Django would take as long again to make the same statement anew for each request.
"""

from functools import cache

from django.contrib.auth.models import User

from config.models import ApiKey
from photos.models import Owner
from photos.statements import Joined, prepared

_ASIDE = ("created_at", "date_joined", "last_login", "password")  # what no request asks for
_ROWS = Joined(key=ApiKey, acting=User, owner=Owner, without=_ASIDE)
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
    with prepared() as cursor:
        row = cursor.execute(_statement(), {"digest": digest}).fetchone()
    if row is None:
        return None
    key, user, owner = _ROWS.read(row)
    key.user = user
    return key, user, owner if owner.pk else None


@cache
def _statement() -> str:
    return _FIND.format(columns=_ROWS.columns)
