"""Database connections of a worker process: from a pool, as its threads come and go."""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections

LOST = (OperationalError, InterfaceError)  # while it was away, and by who held one from before
_OTHERS = 4  # threads that want one, beside those that work on photos
_TIMEOUT_S = 3  # a server that is down says so soon


def use_pool(**_signal: Any) -> None:
    """Let this process take its connections from a pool of its own. After the fork, once.

    A pool does not survive a fork, nor does an open connection: the one that came along is the
    parent's. It is let go, not closed: that would close it for the parent as well.
    """
    for inherited in connections.all(initialized_only=True):
        del connections[inherited.alias]
    photos = settings.PHOTOS_IN_FLIGHT * (1 + settings.LOOKS_IN_FLIGHT)
    pool = {"min_size": 1, "max_size": photos + _OTHERS, "timeout": _TIMEOUT_S}
    database = connections.settings[DEFAULT_DB_ALIAS]
    database["OPTIONS"] = {**database.get("OPTIONS", {}), "pool": pool}
    database["CONN_HEALTH_CHECKS"] = True  # of a connection before it is lent out
