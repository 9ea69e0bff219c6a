"""What the web server does beside serving: gunicorn's `--config`."""

import gc
import os
from typing import Any

from config.access.bound import check_bound
from config.access_settings import AUTH_DISABLED, DEBUG
from config.monitoring_settings import METRICS_DIR, METRICS_PROGRAM
from inference.sharing import begin

# Objects made, looks at the young, looks at the middle-aged before all is looked through for
# cycles: by Python's own numbers one question in twenty waits for that.
GARBAGE = (20_000, 50, 100)


def on_starting(server: Any) -> None:
    """Stop before anything is served, where a demo without authentication could be reached.

    Raises:
        ImproperlyConfigured: it is to be bound to an address of this machine that others can use.
    """
    check_bound(server.cfg.address, is_on=AUTH_DISABLED, debug=DEBUG)
    begin(METRICS_DIR / METRICS_PROGRAM)


def post_worker_init(worker: Any) -> None:
    """Let streams end when their process is to stop, or its parent is gone: nothing else would."""
    # Django is set up by now, and not before.
    from jobs import measured  # noqa: PLC0415
    from jobs.telling.hub import HUB  # noqa: PLC0415

    measured.trace()
    HUB.stopping = lambda: not worker.alive or worker.ppid != os.getppid()
    gc.collect()
    gc.freeze()  # what was imported stays: to look through it again takes as long as a request
    gc.set_threshold(*GARBAGE)
