"""Serves gRPC until it is stopped."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.rpc.server import serving
from inference.sharing import begin
from jobs import measured
from jobs.telling.hub import HUB


class Command(BaseCommand):
    help = "Serve gRPC: who is in a photo, see proto/recognition.proto and docs/grpc.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--address", default=settings.GRPC_ADDRESS, help="host:port; GRPC_ADDRESS if left out"
        )

    def handle(self, *, address: str, **_options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        HUB.stopping = stop.is_set
        try:
            begin(settings.METRICS_DIR / settings.METRICS_PROGRAM)
            measured.serve()
            measured.trace()
            with serving(address) as port:
                self.stdout.write(f"gRPC is served at {address.rpartition(':')[0]}:{port}")
                self.stdout.flush()
                stop.wait()
        except ImproperlyConfigured as exc:
            raise CommandError(str(exc)) from exc
