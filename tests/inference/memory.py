"""What shared memory is tried with: servers, clients, and what is left of them."""

from collections.abc import Callable, Iterator

import pytest
from tritonclient import grpc

from inference import shared_memory
from inference.client import TritonClient
from inference.shared_memory import SharedInputs
from local.triton import ENVIRONMENT
from tests.inference.sums import LARGE, SMALL, SUM, Server, filled, serving_sums


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not ENVIRONMENT.exists():
        pytest.skip("Triton is not installed: run `make setup`.")
    with serving_sums(tmp_path_factory.mktemp("sum")) as server:
        yield server


@pytest.fixture
def client_of(server: Server) -> Iterator[Callable[..., TritonClient]]:
    """Makes clients that share memory; all that they left is gone in the end."""
    clients = []

    def make(*, timeout_s: float = 30) -> TritonClient:
        clients.append(TritonClient(server.url, timeout_s=timeout_s, share_memory=True))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(client_of: Callable[..., TritonClient]) -> TritonClient:
    return client_of()


@pytest.fixture(autouse=True)
def _nothing_said() -> None:
    shared_memory.say_once.cache_clear()


def plainly(inputs: SharedInputs, value: int) -> list[int]:
    """The same without a client of ours."""
    wanted = [grpc.InferRequestedOutput("sums")]
    arrays = {"left": filled(value, LARGE), "right": SMALL}
    [sums] = inputs.infer(SUM.name, arrays, wanted, client_timeout=30).as_numpy("sums").tolist()
    return list(sums)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The reasons in the log."""
    records = [record for record in caplog.records if record.name == shared_memory.__name__]
    return [record.getMessage().partition("slower: ")[2] for record in records]
