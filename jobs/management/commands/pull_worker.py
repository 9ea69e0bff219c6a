"""`manage.py pull_worker`: work for a server on another machine. Needs no database here."""

import argparse
import logging
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from inference.client import TritonClient
from inference.sharing import begin
from jobs import measured
from jobs.remote.look import Decode
from jobs.remote.models import LocalModels, LoneKeeper
from jobs.remote.puller import Puller
from jobs.remote.server import Claimed, InsecureServer, RemoteServer, ServerError
from photos.budget import PixelBudget
from photos.decoder import Limits
from photos.decoders import Decoders
from photos.policy import Policy, shares_memory
from search.errors import VocabularyError

VERSION = "1"  # of what is said between worker and server


class Command(BaseCommand):
    help = (
        "Claim photos from a server, look at them with the models of this machine, and send what "
        "was found. Needs the models (`make models`) and the model server, and no database. The "
        "token comes from WORKER_TOKEN, or from a file."
    )
    requires_system_checks = ()  # some look at the database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--server",
            default=settings.WORKER_SERVER,
            metavar="URL",
            help="such as https://photos.example (default: WORKER_SERVER)",
        )
        parser.add_argument(
            "--worker-id",
            default=socket.gethostname()[:60],
            help="what this worker is called; no other one of the same token may be called so",
        )
        parser.add_argument(
            "--poll-interval",
            type=_positive,
            default=settings.WORKER_POLL_INTERVAL,
            metavar="SECONDS",
            help="between looks for work, where the server tells of none (default: %(default)s)",
        )
        parser.add_argument("--token-file", type=Path, metavar="FILE", help="holds the token")
        parser.add_argument("--once", action="store_true", help="end when nothing is left to do")
        parser.add_argument("--debug", action="store_true", help="log everything that is done")

    def handle(
        self,
        *,
        server: str,
        worker_id: str,
        poll_interval: float,
        token_file: Path | None,
        once: bool,
        debug: bool,
        **options: Any,
    ) -> None:
        if debug:
            logging.getLogger("jobs").setLevel(logging.DEBUG)
        if not server:
            raise CommandError("Say for which server: --server https://…, or WORKER_SERVER.")
        begin(settings.METRICS_DIR / settings.METRICS_PROGRAM)
        measured.serve()
        try:
            with RemoteServer(server, _token(token_file), worker_id, version=VERSION) as remote:
                self.stdout.write(f"{worker_id} works for {server}")
                told = _work(remote, poll_s=poll_interval, once=once)
        except (InsecureServer, ServerError, VocabularyError) as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"{told} photo(s) done")


def _work(remote: RemoteServer, *, poll_s: float, once: bool) -> int:
    """Returns how many photos were done."""
    in_flight = settings.PHOTOS_IN_FLIGHT
    with (
        _client() as client,
        ThreadPoolExecutor(settings.LOOKS_IN_FLIGHT * in_flight) as looks,
    ):
        puller = Puller(
            remote,
            LocalModels(client, settings.MODEL_REPOSITORY),
            _decoding,
            looks,
            client.live,
            in_flight,
            poll_s,
        )
        if threading.current_thread() is threading.main_thread():
            for each in (signal.SIGTERM, signal.SIGINT):
                signal.signal(each, partial(_stop, puller))
        puller.run(once=once)
    return puller.told


def _stop(puller: Puller, signum: int, frame: FrameType | None) -> None:
    puller.stop()


def _client() -> TritonClient:
    """A client of this machine's model server, which has models loaded as they are needed."""
    url, policy = settings.TRITON_URL, Policy.from_settings()
    keeper = LoneKeeper(url, policy.load_s, settings.MODEL_REPOSITORY)
    return TritonClient(
        url,
        timeout_s=policy.call_s,
        keeper=keeper if policy.explicit else None,
        share_memory=shares_memory(url),
    )


@contextmanager
def _decoding(claimed: Claimed) -> Iterator[Decode]:
    """Processes that decode photos, within the server's limits."""
    limits = Limits(claimed.max_pixels, claimed.max_bytes, settings.DECODE_TIMEOUT_S)
    budget = PixelBudget(settings.PIXELS_IN_FLIGHT)
    with Decoders(settings.DECODERS, limits, budget) as decoders:
        yield decoders.decoded


def _token(file: Path | None) -> str:
    """
    Raises:
        CommandError: there is none.
    """
    try:
        token: str = file.read_text("utf-8") if file else settings.WORKER_TOKEN
    except (OSError, ValueError) as exc:
        raise CommandError(f"{file}: the token can't be read: {exc}") from exc
    if not token.strip().isascii() or not token.strip():
        raise CommandError("There is no token: set WORKER_TOKEN, or give --token-file.")
    return token.strip()


def _positive(words: str) -> float:
    seconds = float(words)
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise argparse.ArgumentTypeError("give a number of seconds above 0")
    return seconds
