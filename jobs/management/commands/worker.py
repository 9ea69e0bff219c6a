"""`manage.py worker`: django-q2's cluster, watched."""

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections
from django_q.cluster import Cluster
from django_q.signals import post_spawn

from inference.sharing import begin
from jobs import measured, pulse, queue, schedules, services
from jobs.allocator import give_back_large
from jobs.connections import LOST, use_pool
from jobs.models import Item
from photos import roles
from photos.errors import RepositoryBroken

_LOOK_EVERY_S = 5
_SWEEP_EVERY_S = 60
_QUIET_S = 10  # while a photo waits: time to wake the workers once more
_SILENT_S = 30  # and a model server may take its time to answer: time to start again


class WatchedCluster(Cluster):  # type: ignore[misc]  # django-q2 has no types
    """A cluster that tells its drains when to stop, and ends when it hangs.

    While photos wait and nothing is run it wakes the workers again. If that does not help, it
    hangs: a worker that is killed while it waits for a task takes the lock of the task queue
    with it, and the others wait for ever. Ending lets whoever started us start us again. As a
    cluster that hangs runs no schedule either, the watch sweeps too: what a dead worker had waits
    then, and shows that it hangs.
    """

    def __init__(self) -> None:
        super().__init__()
        self._swept_at = time.monotonic()

    @property
    def stop_event(self) -> pulse.Stopping:
        """In the place of the multiprocessing.Event that django-q2 makes: its sentinel, which
        replaces what has died, would wait by the clock of the day."""
        return pulse.STOPPING

    @stop_event.setter
    def stop_event(self, _theirs: object) -> None:
        pass

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        # Once is enough: a second signal would find us inside of what the first one does.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        pulse.STOPPING.set()
        super().sig_handler(signum, frame)

    def watch(self) -> None:
        """Until the cluster stops. Ends all of us at once when it has to be started again."""
        while self.sentinel.is_alive():
            self.sentinel.join(_LOOK_EVERY_S)
            if settings.WORKER_ALIVE_FILE:  # whoever looks at its time knows that we look
                Path(settings.WORKER_ALIVE_FILE).touch()
            try:
                self._look()
            except LOST as exc:
                sys.stderr.write(f"The database gives no answer; photos wait for it: {exc}\n")
                connections.close_all()

    def _look(self) -> None:
        if time.monotonic() - self._swept_at >= _SWEEP_EVERY_S:
            self._swept_at = time.monotonic()
            queue.sweep()
            queue.settle_all()
            schedules.put_right()
        if self.hangs():
            sys.stderr.write("The queue stands still: the worker ends, to be started again.\n")
            sys.stderr.flush()
            os.killpg(0, signal.SIGKILL)
        if self.is_quiet(_QUIET_S):
            services.wake()

    def hangs(self) -> bool:
        """Photos wait, and waking the workers has not helped."""
        return self.is_quiet(_SILENT_S + settings.TRITON_TIMEOUT_S + settings.MODEL_LOAD_TIMEOUT_S)

    def is_quiet(self, seconds: float) -> bool:
        """Photos wait, and nothing has been run for `seconds`."""
        if pulse.STOPPING.is_set() or pulse.silent_s() < seconds:
            return False
        return Item.objects.any_waiting()


class Command(BaseCommand):
    help = "Work on photos until stopped. Run it under something that starts it again."

    def handle(self, *args: Any, **options: Any) -> None:
        if os.getpgrp() != os.getpid():
            os.setpgid(0, 0)  # our own group, so that ending ends all of us and no one else
        give_back_large()  # before the fork, as the workers are to have it
        begin(settings.METRICS_DIR / settings.METRICS_PROGRAM)
        schedules.install()
        self._know_models()
        services.wake()  # for what was left to do when the last one ended
        connections.close_all()  # before the fork: a connection can't be shared
        self.stdout.write(f"{settings.WORKERS} workers, {settings.PHOTOS_IN_FLIGHT} photos each")
        post_spawn.connect(use_pool)
        post_spawn.connect(measured.trace)
        cluster = WatchedCluster()
        pulse.beat()
        cluster.start()
        measured.serve()  # after the fork
        cluster.watch()

    def _know_models(self) -> None:
        """Without models photos wait: whoever mends the repository need not start us again."""
        try:
            roles.sync(settings.MODEL_REPOSITORY)
        except RepositoryBroken as exc:
            self.stderr.write(str(exc))
