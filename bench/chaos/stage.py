"""What a fault day stands on: the whole service, with parts that can be broken one by one."""

import ctypes
import logging
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

from bench.chaos.clock import Clock
from bench.chaos.faults import House
from bench.chaos.network import Way
from bench.soak import SHORT
from local.accounts import Admin
from local.api import Api
from local.postgres import DATABASE, Postgres
from local.processes import Command, Supervisor, wait_until
from local.stack import Service, Surroundings, built_models
from local.triton import LOOPBACK, Triton, free_ports

READY_S = 300  # on a busy machine
DISK = "768m"  # more than the photos of a day take
BUCKET, REGION, KEY = "annotated", "us-east-1", "chaos"
CLONE_NEWNS = 0x20000


@dataclass(frozen=True)
class Stage:
    """All that runs. `lacking` says which faults can't be made here, and why."""

    house: House
    service: Service
    supervisor: Supervisor
    url: str
    key: str
    lacking: Sequence[str]


@contextmanager
def staged(surroundings: Surroundings, folder: Path) -> Iterator[Stage]:
    """Everything, with its files in `folder`; nothing of it is left."""
    with ExitStack() as stack:
        disk = _small_disk(stack, folder / "disk")
        postgres = _postgres(stack, surroundings)
        way = stack.enter_context(_store())
        triton = _triton(stack, surroundings, folder)
        port, *_ = free_ports()
        clock = Clock.built(folder)
        house = House(postgres, triton, f"http://{LOOPBACK}:{port}", str(folder), disk, clock, way)
        service = Service(_settings(house, folder))
        service.prepare()
        admin = Admin(folder / "admin-password")
        admin.ensure(service)
        key = admin.token(service)
        supervisor = stack.enter_context(
            Supervisor(
                [_off(each, clock) for each in service.commands(port, restart_after_s=1)],
                output=stack.enter_context((folder / "restarts.log").open("w")),
                log_folder=folder,
            )
        )
        wait_until(Api(house.web).healthy, timeout_s=READY_S, what="The web server")
        yield Stage(house, service, supervisor, house.web, key, _lacking(disk, clock))


def _settings(house: House, folder: Path) -> dict[str, str]:
    within = house.disk or folder
    return {
        "DATABASE_URL": house.postgres.url(DATABASE),
        "TRITON_URL": house.triton.url,
        "MODEL_REPOSITORY": str(house.triton.repository),
        "MEDIA_ROOT": str(within / "media"),
        "INTAKE_ROOT": str(within / "intake"),
        "RESULTS_ROOT": str(within / "results"),
        "ERASURES_ROOT": str(folder / "erasures"),
        "FETCH_ALLOWED_HOSTS": LOOPBACK,
        "ANNOTATED_S3_BUCKET": BUCKET,
        "ANNOTATED_S3_ENDPOINT": f"http://{LOOPBACK}:{house.way.port}",
        "ANNOTATED_S3_ACCESS_KEY": KEY,
        "ANNOTATED_S3_SECRET_KEY": KEY,
        "EVENTS_HEARTBEAT_S": "2",
        **SHORT,
        "TRITON_TIMEOUT_S": "30",  # that a machine is busy is no fault of the models
    }


def _postgres(stack: ExitStack, surroundings: Surroundings) -> Postgres:
    """One of its own: it is killed as a whole."""
    postgres = Postgres(surroundings.var / "chaos" / "server")
    stack.callback(postgres.remove)
    postgres.up()
    postgres.drop_database()
    postgres.create_database()
    return postgres


def _triton(stack: ExitStack, surroundings: Surroundings, folder: Path) -> Triton:
    built_models(surroundings.repository)
    triton = Triton(surroundings.repository, (), folder / "triton", ports=free_ports())
    return stack.enter_context(triton)


@contextmanager
def _store() -> Iterator[Way]:
    """A server that speaks S3's protocol, with a bucket; the service knows only the way there."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # not a line for each request
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=KEY,
    ).create_bucket(Bucket=BUCKET)
    with Way((host, port)) as way:
        yield way
    server.stop()


def _small_disk(stack: ExitStack, place: Path) -> Path | None:
    """In a namespace of mounts of our own: whatever becomes of us, it is gone with us."""
    place.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if not (mount and umount) or os.geteuid() != 0 or libc.unshare(CLONE_NEWNS) != 0:
        return None
    for words in (
        ["--make-rprivate", "/"],
        ["-t", "tmpfs", "-o", f"size={DISK}", "disk", str(place)],
    ):
        if subprocess.run([mount, *words], check=False, capture_output=True).returncode:  # noqa: S603  # the system's own
            return None
    stack.callback(lambda: subprocess.run([umount, "--lazy", place], check=False))  # noqa: S603  # as above
    return place


def _off(command: Command, clock: Clock | None) -> Command:
    """The same, by that clock."""
    environment = {**command.environment, **(clock.variables if clock else {})}
    return replace(command, environment=environment)


def _lacking(disk: Path | None, clock: Clock | None) -> list[str]:
    why = []
    if disk is None:
        why.append("no disk was filled: only root can mount a small one")
    if clock is None:
        why.append("no clock was turned: there is no C compiler (apt-get install gcc libc6-dev)")
    return why
