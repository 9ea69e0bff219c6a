"""What the web server does beside serving: gunicorn's `--config`."""

import os
from typing import Any


def post_worker_init(worker: Any) -> None:
    """Let streams end when their process is to stop, or its parent is gone: nothing else would."""
    from jobs.telling.hub import HUB  # noqa: PLC0415  # Django is set up by now, and not before

    HUB.stopping = lambda: not worker.alive or worker.ppid != os.getppid()
