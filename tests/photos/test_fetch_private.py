"""Addresses of ours, which no stranger's URL leads to, however it is written."""

from collections.abc import Iterable

import httpcore
import pytest

from photos.errors import (
    BlockedAddress,
    FetchTimeout,
    FetchUnreachable,
    InvalidURL,
)
from photos.fetch import CheckedNetwork, Deadline, check_url, fetch
from tests.photos.fetched import (
    Serve,
    by_table,
    make_policy,
    serve,
)
from tests.photos.web import answer, redirect

__all__ = ["serve"]  # fixtures

PUBLIC = "93.184.215.14"


class TestFetchOfAPrivateAddress:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "127.1",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "2130706433",
            "0.0.0.0",  # noqa: S104  what an attacker writes
            "localhost",
            "localhost.",
            "LOCALHOST",
            "photos.localhost",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
        ],
    )
    def test_opens_no_socket_to_this_machine(self, serve: Serve, host: str) -> None:
        canary = serve(lambda path: answer(b"secret"))
        policy = make_policy(allowed_hosts=frozenset(), ports=frozenset({canary.port}))

        with pytest.raises(BlockedAddress):
            fetch(canary.url(host=host), policy)

        assert canary.connections == 0

    @pytest.mark.parametrize(
        "addresses",
        [["127.0.0.1"], [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], ["::ffff:127.0.0.1"]],
    )
    def test_opens_no_socket_if_one_address_of_a_name_is_private(
        self, serve: Serve, addresses: list[str]
    ) -> None:
        canary = serve(lambda path: answer(b"secret"))
        policy = make_policy(
            ports=frozenset({canary.port}), resolve=by_table({"photos.example": addresses})
        )

        with pytest.raises(BlockedAddress):
            fetch(canary.url(host="photos.example"), policy)

        assert canary.connections == 0

    @pytest.mark.parametrize(
        "location",
        [
            "http://localhost:{port}/",
            "http://photos.example:{port}/",
            "//localhost:{port}/",
            "http://good\\@localhost:{port}/",
            "http://good@localhost:{port}/",
            "file:///etc/passwd",
            "ftp://127.0.0.1/",
            "gopher://127.0.0.1:{port}/",
            "http://[::1:{port}/",
            "http://127.0.0.1:99999/",
            "/a%00b",
            "/a b",
        ],
    )
    def test_is_not_reached_by_a_redirect(self, serve: Serve, location: str) -> None:
        canary = serve(lambda path: answer(b"secret"))
        server = serve(lambda path: redirect(location.format(port=canary.port)))
        hosts = {"127.0.0.1": ["127.0.0.1"], "photos.example": ["127.0.0.1"]}
        policy = make_policy(ports=frozenset({canary.port}), resolve=by_table(hosts))

        with pytest.raises(BlockedAddress):
            fetch(server.url(), policy)

        assert canary.connections == 0

    def test_is_open_to_a_name_the_operator_allows(self, serve: Serve) -> None:
        server = serve(lambda path: answer(b"a photo"))
        hosts = by_table({"media": ["127.0.0.1"]})
        policy = make_policy(allowed_hosts=frozenset({"media"}), resolve=hosts)

        assert fetch(server.url(host="Media."), policy) == b"a photo"


class TestFetchPolicy:
    def test_refuses_ports_that_are_not_of_the_web(self) -> None:
        with pytest.raises(BlockedAddress):
            check_url(f"http://{PUBLIC}:22/", make_policy())

    def test_can_refuse_all_hosts_that_are_not_allowed(self) -> None:
        policy = make_policy(only_allowed_hosts=True)

        with pytest.raises(BlockedAddress):
            check_url(f"http://{PUBLIC}/", policy)

    def test_says_when_a_name_has_no_address(self) -> None:
        def unknown(host: str, port: int) -> list[str]:
            raise OSError("no such name")

        with pytest.raises(FetchUnreachable):
            fetch("http://photos.example/", make_policy(resolve=unknown))


class TestCheckUrl:
    @pytest.mark.parametrize("url", [f"http://{PUBLIC}/a.jpg", "https://photos.example"])
    def test_lets_pass_what_may_be_fetched_without_asking_a_name_server(self, url: str) -> None:
        asked: list[str] = []

        check_url(url, make_policy(resolve=lambda host, port: asked.append(host)))

        assert asked == []

    def test_refuses_a_private_address_at_once(self) -> None:
        with pytest.raises(BlockedAddress):
            check_url("http://169.254.169.254/latest/meta-data/", make_policy())

    def test_refuses_what_is_no_url_without_a_policy(self) -> None:
        with pytest.raises(InvalidURL):
            check_url("file:///etc/passwd")


class FakeNetwork(httpcore.NetworkBackend):
    """Notes where it is asked to connect; only `open_to` answers."""

    def __init__(self, *, open_to: str = PUBLIC) -> None:
        self.asked: list[str] = []
        self.open_to = open_to

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self.asked.append(host)
        if host != self.open_to:
            raise httpcore.ConnectError("refused")
        return httpcore.MockStream([])


class TestCheckedNetwork:
    def test_connects_to_the_address_that_was_checked(self) -> None:
        answers = iter([[PUBLIC], ["127.0.0.1"]])
        policy = make_policy(resolve=lambda host, port: next(answers))
        network = FakeNetwork()

        CheckedNetwork(policy, Deadline.after(10), network).connect_tcp("photos.example", 80)

        assert network.asked == [PUBLIC]
        assert list(answers) == [["127.0.0.1"]]

    def test_tries_the_next_address_when_one_does_not_answer(self) -> None:
        policy = make_policy(resolve=lambda host, port: ["2606:2800::1", PUBLIC, "1.1.1.1"])
        network = FakeNetwork()

        CheckedNetwork(policy, Deadline.after(10), network).connect_tcp("photos.example", 80)

        assert network.asked == ["2606:2800::1", PUBLIC]

    def test_says_when_no_address_answers(self) -> None:
        policy = make_policy(resolve=lambda host, port: [PUBLIC, "1.1.1.1"])
        network = CheckedNetwork(policy, Deadline.after(10), FakeNetwork(open_to="none"))

        with pytest.raises(httpcore.ConnectError):
            network.connect_tcp("photos.example", 80)

    def test_says_when_there_is_no_address(self) -> None:
        policy = make_policy(resolve=lambda host, port: [])
        network = CheckedNetwork(policy, Deadline.after(10), FakeNetwork())

        with pytest.raises(FetchUnreachable):
            network.connect_tcp("photos.example", 80)

    def test_connects_to_nothing_after_the_deadline(self) -> None:
        network = FakeNetwork()
        policy = make_policy(resolve=lambda host, port: [PUBLIC])

        with pytest.raises(FetchTimeout):
            CheckedNetwork(policy, Deadline.after(0), network).connect_tcp("photos.example", 80)

        assert network.asked == []
