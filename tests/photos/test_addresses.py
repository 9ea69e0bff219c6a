import pytest

from photos.addresses import Link, is_public
from photos.errors import InvalidURL


class TestLink:
    @pytest.mark.parametrize(
        ("url", "link"),
        [
            ("http://photos.example", Link("http", "photos.example", 80, "/")),
            ("HTTPS://Photos.Example./a?b=c", Link("https", "photos.example", 443, "/a?b=c")),
            ("http://photos.example:8080/a/../b", Link("http", "photos.example", 8080, "/a/../b")),
            ("http://photos.example?b", Link("http", "photos.example", 80, "/?b")),
            ("http://[::FFFF:7f00:1]:81/", Link("http", "::ffff:7f00:1", 81, "/")),
            ("http://127.0.0.1/ä%20", Link("http", "127.0.0.1", 80, "/%C3%A4%20")),
        ],
    )
    def test_is_a_url_in_parts(self, url: str, link: Link) -> None:
        assert Link.parse(url) == link

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "photos.example",
            "//photos.example/",
            "http:",
            "http:///a",
            "http:photos.example",
            "file:///etc/passwd",
            "ftp://photos.example/",
            "gopher://photos.example/",
            "data:image/png;base64,AAAA",
            "s3://bucket/key",
            "http://good\\@127.0.0.1/",
            "http://good#@127.0.0.1/",
            "http://good/#there",
            "http://user@photos.example/",
            "http://user:word@photos.example/",
            "http://@photos.example/",
            " http://photos.example/",
            "http://photos.example/a b",
            "http://photos.example/a\tb",
            "http://photos\n.example/",
            "http://photos.example/\r\nHost: x",
            "http://photos.example/a\x7f",
            "http://photos.example/a%00b",
            "http://photos.example%00/",
            "http://photos%2eexample/",
            "http://phоtos.example/",  # noqa: RUF001  a Cyrillic o
            "http://photos。example/",  # an ideographic full stop
            "http://①②⑦.⓪.⓪.①/",
            "http://.example/",
            "http://photos..example/",
            f"http://{'a' * 64}.example/",
            "http://photos.example:/",
            "http://photos.example:0/",
            "http://photos.example:65536/",
            "http://photos.example:8o/",
            "http://photos.example:-1/",
            "http://[::1/",
            "http://[::1]x/",
            "http://[fe80::1%25eth0]/",
            "http://[1.2.3.4]/",
            "http://::1/",
        ],
    )
    def test_is_not_made_of_what_parsers_disagree_on(self, url: str) -> None:
        with pytest.raises(InvalidURL):
            Link.parse(url)

    @pytest.mark.parametrize(
        ("location", "target"),
        [
            ("b.jpg", "http://photos.example:81/album/b.jpg"),
            ("/b.jpg?c", "http://photos.example:81/b.jpg?c"),
            ("//[::2]/b.jpg", "http://[::2]/b.jpg"),
            ("https://other.example/b.jpg", "https://other.example/b.jpg"),
        ],
    )
    def test_follows_redirects(self, location: str, target: str) -> None:
        link = Link.parse("http://photos.example:81/album/a.jpg?x=/y")

        assert link.follow(location) == Link.parse(target)

    @pytest.mark.parametrize("location", ["/a\tb", "http://[::1/", "file:///etc/passwd"])
    def test_does_not_follow_a_redirect_that_is_no_url(self, location: str) -> None:
        with pytest.raises(InvalidURL):
            Link.parse("http://photos.example/").follow(location)


class TestIsPublic:
    @pytest.mark.parametrize(
        "address",
        [
            "8.8.8.8",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ],
    )
    def test_is_true_of_the_internet(self, address: str) -> None:
        assert is_public(address)

    @pytest.mark.parametrize(
        "address",
        [
            "0.0.0.0",  # noqa: S104  not listening, refusing
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2001:0:808:808::f7f7:f7f7",
            "2001:db8::1",
            "2002:a00:1::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fe80::1%eth0",
            "fec0::1",
            "ff02::1",
        ],
    )
    def test_is_false_of_machines_and_their_networks(self, address: str) -> None:
        assert not is_public(address)
