"""Digests are those that a registry says: one on loopback, which speaks as real ones do."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy import pin
from deploy.registries import Image, RegistryError, asking, digest

ONE, OTHER = (f"sha256:{digit * 64}" for digit in "12")
TAGS = {"/v2/pgvector/pgvector/manifests/pg18": ONE, "/v2/library/python/manifests/3.11": OTHER}
TOKEN = "let me in"  # noqa: S105  # of this registry


class Registry(ThreadingHTTPServer):
    """Gives a token to who asks, and digests to who has one."""

    daemon_threads = False
    digest_header = "Docker-Content-Digest"

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Registry

    def do_HEAD(self) -> None:
        path = urlsplit(self.path).path
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            realm = f'Bearer realm="http://{self.server.name}/token",service="here"'
            self._say(401, {"WWW-Authenticate": realm})
        elif "index.v1+json" in self.headers["Accept"] and path in TAGS:
            self._say(200, {self.server.digest_header: TAGS[path]})
        else:
            self._say(404, {})

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        [scope] = asked["scope"]
        may = scope.startswith("repository:") and scope.endswith(":pull")
        body = json.dumps({"token": TOKEN if may else ""}).encode()
        self._say(200, {"Content-Length": str(len(body))})
        self.wfile.write(body)

    def _say(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as there
        """Quietly."""


@contextmanager
def registry() -> Iterator[Registry]:
    with Registry(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server() -> Iterator[Registry]:
    with registry() as found:
        yield found


def tree(folder: Path, host: str, tag: str = "pg18") -> Path:
    (folder / "deploy/kubernetes/base").mkdir(parents=True)
    compose = f"services:\n  db:\n    image: {host}/pgvector/pgvector:{tag}\n    user: x\n"
    ours = "  web:\n    image: ${KINDRED_IMAGE:-kindred}:local\n"
    (folder / "docker-compose.yml").write_text(compose + ours)
    (folder / "Dockerfile").write_text(
        f"ARG PYTHON_IMAGE={host}/library/python:3.11\nFROM a AS b\n"
    )
    other = f"      - image: {host}/pgvector/pgvector:{tag}\n"
    (folder / "deploy/kubernetes/base/db.yaml").write_text(other)
    return folder


def texts(folder: Path) -> dict[str, str]:
    return {str(file): file.read_text() for file in folder.rglob("*") if file.is_file()}


class TestPinning:
    def test_writes_each_digest_behind_its_tag(self, server: Registry, tmp_path: Path) -> None:
        root = tree(tmp_path, server.name)

        assert pin.main([], root) == 0

        host = server.name
        assert (
            f"    image: {host}/pgvector/pgvector:pg18@{ONE}\n    user: x\n"
            in (root / "docker-compose.yml").read_text()
        )
        assert (
            f"ARG PYTHON_IMAGE={host}/library/python:3.11@{OTHER}\n"
            in (root / "Dockerfile").read_text()
        )
        kubernetes = (root / "deploy/kubernetes/base/db.yaml").read_text()
        assert kubernetes == f"      - image: {host}/pgvector/pgvector:pg18@{ONE}\n"

    def test_done_twice_changes_nothing(self, server: Registry, tmp_path: Path) -> None:
        root = tree(tmp_path, server.name)
        pin.main([], root)
        once = texts(root)

        pin.main([], root)

        assert texts(root) == once

    def test_replaces_an_old_digest(self, server: Registry, tmp_path: Path) -> None:
        root = tree(tmp_path, server.name, tag=f"pg18@sha256:{'0' * 64}")

        pin.main([], root)

        assert "sha256:000" not in "".join(texts(root).values())

    def test_leaves_what_we_build_ourselves(self, server: Registry, tmp_path: Path) -> None:
        root = tree(tmp_path, server.name)

        pin.main([], root)

        assert (
            "image: ${KINDRED_IMAGE:-kindred}:local\n"
            in texts(root)[str(root / "docker-compose.yml")]
        )

    def test_writes_nothing_where_one_tag_is_unknown(
        self, server: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        root = tree(tmp_path, server.name, tag="pg99")
        before = texts(root)

        assert pin.main([], root) == 1

        assert texts(root) == before
        said = f"{server.name}/pgvector/pgvector:pg99: there is no such tag. Nothing was written.\n"
        assert capsys.readouterr().err == said

    def test_is_checked_without_asking(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        root = tree(tmp_path, "registry.example")

        assert pin.main(["--check"], root) == 1

        said = [line.split(" has no digest: ") for line in capsys.readouterr().err.splitlines()]
        assert said == [
            ["Dockerfile: registry.example/library/python:3.11", "run `make pin`."],
            ["db.yaml: registry.example/pgvector/pgvector:pg18", "run `make pin`."],
            ["docker-compose.yml: registry.example/pgvector/pgvector:pg18", "run `make pin`."],
        ]


class TestARegistry:
    def test_that_says_no_digest_is_not_believed(self, server: Registry) -> None:
        server.digest_header = "Other"
        image = Image(server.name, "pgvector/pgvector", "pg18")

        with asking() as client, pytest.raises(RegistryError, match="answers 200, and no digest"):
            digest(image, client)

    def test_that_is_away_is_named(self) -> None:
        with registry() as gone:
            image = Image(gone.name, "a", "b")

        with asking() as client, pytest.raises(RegistryError, match=f"^{gone.name}/a:b: "):
            digest(image, client)


class TestAnImage:
    def test_of_the_hub_is_asked_for_where_the_hub_answers(self) -> None:
        url = Image.of("docker.io/library/python:3.11").url

        assert url == "https://registry-1.docker.io/v2/library/python/manifests/3.11"

    @pytest.mark.parametrize("name", ["python:3.11", "docker.io/library/python", "a b/c:d"])
    def test_has_all_three_parts(self, name: str) -> None:
        with pytest.raises(ValueError, match=r"write REGISTRY/REPOSITORY:TAG"):
            Image.of(name)


class TestOurFiles:
    def test_name_foreign_images_with_all_three_parts_and_no_latest(self) -> None:
        files = [file for pattern in pin.FILES for file in pin.ROOT.glob(pattern)]
        named = {found["name"] for file in files for found in pin.NAMED.finditer(file.read_text())}

        assert len(named) == 6
        assert all(Image.of(name).tag not in ("", "latest") for name in named)
