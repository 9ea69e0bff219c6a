"""All checks: those that a load balancer goes by, and those of `manage.py doctor`."""

import threading
import time
from collections.abc import Callable, Sequence

from config.monitoring.checks import database, models, queue, secrets, storage
from config.monitoring.checks.findings import Finding

Check = Callable[[], Finding]
# Without one of them no photo can be taken in and looked at. That workers run is no matter of the
# web server: photos wait for them.
READY: tuple[Check, ...] = (
    database.database,
    database.migrations,
    models.models,
    storage.storage,
)
ALL: tuple[Check, ...] = (
    database.database,
    database.migrations,
    database.pgvector,
    database.clock,
    models.models,
    models.model_files,
    models.describer,
    storage.storage,
    storage.disk,
    queue.workers,
    queue.queue,
    secrets.secrets,
)
KEPT_S = 3.0  # what was seen, for others who ask: nobody can have the model server asked at will


class Looking:
    """Looks now and then, for all who ask."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = checks
        self._lock = threading.Lock()
        self._found: list[Finding] = []
        self._looked_at = float("-inf")

    def findings(self) -> list[Finding]:
        with self._lock:
            if time.monotonic() - self._looked_at > KEPT_S:
                self._found = [check() for check in self._checks]
                self._looked_at = time.monotonic()
            return self._found

    def forget(self) -> None:
        """Look anew when somebody asks."""
        self._looked_at = float("-inf")


READINESS = Looking(READY)
EVERYTHING = Looking(ALL)
