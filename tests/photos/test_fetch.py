import ssl
from collections.abc import Iterable

import pytest

from photos.errors import (
    BlockedAddress,
    FetchEncoded,
    FetchInsecure,
    FetchMissing,
    FetchRedirects,
    FetchStatus,
    FetchTimeout,
    FetchTooLarge,
    FetchUnavailable,
    FetchUnreachable,
    PhotoError,
)
from photos.fetch import fetch, trust
from tests.photos.fetched import (
    LOOPBACK,
    Serve,
    by_table,
    make_policy,
    serve,
)
from tests.photos.web import Server, answer, redirect

__all__ = ["serve"]  # fixtures


class TestFetch:
    def test_gives_the_bytes_behind_a_url(self, serve: Serve) -> None:
        server = serve(lambda path: answer(b"a photo"))

        assert fetch(server.url(), make_policy()) == b"a photo"

    def test_gives_bytes_of_unknown_length(self, serve: Serve) -> None:
        head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        server = serve(lambda path: [head, b"3\r\na p\r\n", b"4\r\nhoto\r\n0\r\n\r\n"])

        assert fetch(server.url(), make_policy()) == b"a photo"

    def test_asks_for_the_photo_as_it_is(self, serve: Serve) -> None:
        server = serve(lambda path: answer(b"a photo"))

        fetch(server.url("/Zoë.jpg?a=1&b=%20"), make_policy())

        [asked] = server.requests
        assert asked == (
            "GET /Zo%C3%AB.jpg?a=1&b=%20 HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{server.port}\r\n"
            "User-Agent: kindred\r\nAccept: image/*\r\nAccept-Encoding: identity\r\n\r\n"
        )

    @pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 T", "308 P"])
    def test_follows_a_redirect(self, serve: Serve, status: str) -> None:
        pages = {"/a": redirect("b?c", status=status), "/b?c": answer(b"a photo")}
        server = serve(pages.__getitem__)

        assert fetch(server.url("/a"), make_policy()) == b"a photo"

    def test_follows_a_redirect_to_another_allowed_host(self, serve: Serve) -> None:
        other = serve(lambda path: answer(b"a photo"))
        server = serve(lambda path: redirect(other.url(host="media")))
        hosts = {"127.0.0.1": ["127.0.0.1"], "media": ["127.0.0.1"]}
        policy = make_policy(allowed_hosts=LOOPBACK | {"media"}, resolve=by_table(hosts))

        assert fetch(server.url(), policy) == b"a photo"

    def test_sends_headers_to_the_origin_that_they_are_meant_for(self, serve: Serve) -> None:
        other = serve(lambda path: answer(b"a photo"))
        pages = {"/a": redirect("/b"), "/b": redirect(other.url())}
        server = serve(pages.__getitem__)

        fetch(server.url("/a"), make_policy(), headers=[("Authorization", "Bearer s3cret")])

        told = ["s3cret" in asked for asked in [*server.requests, *other.requests]]
        assert told == [True, True, False]

    def test_follows_only_so_many_redirects(self, serve: Serve) -> None:
        server = serve(lambda path: redirect(f"{path}x"))

        with pytest.raises(FetchRedirects):
            fetch(server.url(), make_policy(max_redirects=2))

        assert server.connections == 3

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            ("204 No Content", FetchStatus),
            ("300 Multiple Choices", FetchStatus),
            ("302 Found", FetchStatus),
            ("403 Forbidden", FetchStatus),
            ("404 Not Found", FetchMissing),
            ("410 Gone", FetchMissing),
            ("408 Request Timeout", FetchUnavailable),
            ("429 Too Many Requests", FetchUnavailable),
            ("500 Internal Server Error", FetchUnavailable),
            ("503 Service Unavailable", FetchUnavailable),
        ],
    )
    def test_says_which_status_was_no_photo(
        self, serve: Serve, status: str, error: type[PhotoError]
    ) -> None:
        server = serve(lambda path: answer(status=status))

        with pytest.raises(error) as raised:
            fetch(server.url(), make_policy())

        assert str(raised.value) == f"The photo's host answered with status {status[:3]}."

    def test_refuses_a_body_that_says_it_is_too_large_without_reading_it(
        self, serve: Serve
    ) -> None:
        server = serve(lambda path: answer(b"", content_length="1001"))

        with pytest.raises(FetchTooLarge):
            fetch(server.url(), make_policy(max_bytes=1000))

    def test_takes_a_body_as_large_as_is_allowed(self, serve: Serve) -> None:
        server = serve(lambda path: answer(bytes(1000)))

        assert fetch(server.url(), make_policy(max_bytes=1000)) == bytes(1000)

    def test_stops_reading_a_body_without_an_end(self, serve: Serve) -> None:
        def endless(path: str) -> Iterable[bytes]:
            yield b"HTTP/1.1 200 OK\r\n\r\n"
            while not server.closing.is_set():
                yield bytes(1000)

        server = serve(endless)

        with pytest.raises(FetchTooLarge):
            fetch(server.url(), make_policy(max_bytes=100_000))

    @pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
    def test_refuses_a_compressed_body(self, serve: Serve, encoding: str) -> None:
        server = serve(lambda path: answer(b"\x1f\x8b", content_encoding=encoding))

        with pytest.raises(FetchEncoded):
            fetch(server.url(), make_policy())

    @pytest.mark.parametrize(
        "begin",
        [
            b"",
            b"HTTP/1.1 200 OK\r\nx: ",
            b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;",
        ],
        ids=["status", "header", "body", "chunk"],
    )
    def test_gives_up_in_time_on_a_host_that_drips(self, serve: Serve, begin: bytes) -> None:
        def drip(path: str) -> Iterable[bytes]:
            yield begin
            while not server.closing.wait(0.02):
                yield b"H"

        server = serve(drip)

        with pytest.raises(FetchTimeout):
            fetch(server.url(), make_policy(timeout_s=0.3))

    def test_gives_up_in_time_on_a_host_that_is_silent(self, serve: Serve) -> None:
        def silent(path: str) -> Iterable[bytes]:
            server.closing.wait()
            return []

        server = serve(silent)

        with pytest.raises(FetchTimeout):
            fetch(server.url(), make_policy(timeout_s=0.1))

    def test_gives_up_in_time_on_redirects_that_drip(self, serve: Serve) -> None:
        def slow(path: str) -> Iterable[bytes]:
            server.closing.wait(0.15)
            return redirect("/again")

        server = serve(slow)

        with pytest.raises(FetchTimeout):
            fetch(server.url(), make_policy(timeout_s=0.4, max_redirects=1000))

    @pytest.mark.parametrize(
        "said",
        [
            b"",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\ncut off",
            b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000,
        ],
        ids=["nothing", "ssh", "cut off", "bad length", "two lengths", "bad encoding", "long"],
    )
    def test_says_when_the_host_does_not_speak_http(self, serve: Serve, said: bytes) -> None:
        server = serve(lambda path: [said])

        with pytest.raises(FetchUnreachable):
            fetch(server.url(), make_policy())

    def test_says_when_nobody_answers(self) -> None:
        with Server(lambda path: []) as server:
            url = server.url()

        with pytest.raises(FetchUnreachable):
            fetch(url, make_policy())

    def test_fails_when_a_certificate_cannot_be_checked(self, serve: Serve) -> None:
        server = serve(lambda path: answer(b"a photo"))

        with pytest.raises(FetchInsecure):
            fetch(server.url().replace("http:", "https:"), make_policy())

    def test_trusts_only_certificates_of_the_system_for_the_name_of_the_host(self) -> None:
        assert trust().verify_mode == ssl.CERT_REQUIRED
        assert trust().check_hostname


class TestPhotoErrorOfAFetch:
    """What callers read says nothing of what only the inside may know."""

    @pytest.mark.parametrize(
        ("told", "message"),
        [
            (
                answer(b"secret", status="500 secret"),
                "The photo's host answered with status 500.",
            ),
            (
                redirect("http://10.0.0.7/secret?token=secret"),
                "The photo's URL leads to an address that this service may not fetch from.",
            ),
            (
                [b"secret"],
                "The photo's host broke the connection, or gave none.",
            ),
        ],
        ids=["body", "redirect", "garbage"],
    )
    def test_tells_neither_bodies_nor_redirects_nor_queries(
        self, serve: Serve, told: list[bytes], message: str
    ) -> None:
        server = serve(lambda path: told)

        with pytest.raises(PhotoError) as raised:
            fetch(server.url("/photo.jpg?signature=secret"), make_policy())

        assert str(raised.value) == message

    def test_does_not_tell_the_address_behind_a_name(self) -> None:
        policy = make_policy(resolve=by_table({"photos.example": ["10.0.0.7"]}))

        with pytest.raises(BlockedAddress) as raised:
            fetch("http://photos.example/", policy)

        assert str(raised.value) == (
            "The photo's URL leads to an address that this service may not fetch from."
        )
