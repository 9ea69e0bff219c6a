import io
import os
import platform
import tarfile
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from local import LocalError, packages
from local.packages import Package, archive, fetch

WHEEL = "photos-1.0-py3-none-any.whl"
METADATA = {
    "photos-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: photos\nVersion: 1.0\n",
    "photos-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "photos-1.0.dist-info/RECORD": b"",
}
TARBALL = "photos-1.0.tgz"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all that pip knows, and from which our npm packs."""
    folder = tmp_path / "registry"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    # It is called as: npm pack --loglevel=... --pack-destination=...
    npm.write_text(f'#!/bin/sh\ncp {folder}/{TARBALL} "${{3#*=}}"\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:{os.environ['PATH']}")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def put_wheel(registry: Path, files: Mapping[str, bytes]) -> Package:
    with zipfile.ZipFile(registry / WHEEL, "w") as wheel:
        for name, content in (METADATA | dict(files)).items():
            wheel.writestr(name, content)
    return Package("pypi", "photos", "1.0", WHEEL, digest_of(registry / WHEEL))


def put_tarball(registry: Path, files: Mapping[str, bytes], links: Mapping[str, str]) -> Package:
    with tarfile.open(registry / TARBALL, "w:gz") as tarball:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tarball.addfile(member, io.BytesIO(content))
        for name, target in links.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tarball.addfile(member)
    return Package("npm", "photos", "1.0", TARBALL, digest_of(registry / TARBALL))


def digest_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def without(registry: Path) -> None:
    for path in registry.iterdir():
        path.unlink()


class TestFetch:
    def test_unpacks_members_of_a_wheel_without_their_folders(
        self, registry: Path, cache: Path, tmp_path: Path
    ) -> None:
        package = put_wheel(registry, {"data/b.jpg": b"b", "data/a.jpg": b"a", "c.txt": b"c"})

        paths = fetch(package, ["c.txt", "data/*.jpg"], tmp_path / "out", cache=cache)

        assert {path.name: path.read_bytes() for path in paths} == {
            "c.txt": b"c",
            "a.jpg": b"a",
            "b.jpg": b"b",
        }
        assert sorted((tmp_path / "out").iterdir()) == sorted(paths)

    def test_unpacks_members_of_an_npm_package(
        self, registry: Path, cache: Path, tmp_path: Path
    ) -> None:
        package = put_tarball(registry, {"package/model/net.onnx": b"net"}, {})

        (path,) = fetch(package, ["package/model/net.onnx"], tmp_path / "out", cache=cache)

        assert path.read_bytes() == b"net"

    def test_needs_no_registry_the_second_time(
        self, registry: Path, cache: Path, tmp_path: Path
    ) -> None:
        package = put_wheel(registry, {"a.jpg": b"a"})
        fetch(package, ["a.jpg"], tmp_path / "out", cache=cache)
        without(registry)

        (path,) = fetch(package, ["a.jpg"], tmp_path / "out", cache=cache)

        assert path.read_bytes() == b"a"

    @pytest.mark.parametrize("name", ["../../evil.jpg", "/evil.jpg", "a/../../evil.jpg"])
    def test_never_writes_outside_its_folder(
        self, registry: Path, cache: Path, tmp_path: Path, name: str
    ) -> None:
        package = put_tarball(registry, {name: b"evil"}, {})

        paths = fetch(package, ["*evil.jpg"], tmp_path / "deep" / "out", cache=cache)

        assert paths == [tmp_path / "deep" / "out" / "evil.jpg"]
        assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]

    def test_follows_no_links(self, registry: Path, cache: Path, tmp_path: Path) -> None:
        package = put_tarball(registry, {}, {"a.jpg": "/etc/passwd"})

        with pytest.raises(LocalError, match=r"^photos 1.0 \(npm\) has no file a.jpg.$"):
            fetch(package, ["a.jpg"], tmp_path / "out", cache=cache)

    def test_names_what_the_package_lacks(
        self, registry: Path, cache: Path, tmp_path: Path
    ) -> None:
        package = put_wheel(registry, {"a.jpg": b"a"})

        with pytest.raises(LocalError, match=r"^photos 1.0 \(pypi\) has no file \*.png.$"):
            fetch(package, ["a.jpg", "*.png"], tmp_path / "out", cache=cache)

        assert list((tmp_path / "out").iterdir()) == []


class TestArchive:
    def test_refuses_another_wheel_than_was_pinned(self, registry: Path, cache: Path) -> None:
        pinned = put_wheel(registry, {"a.jpg": b"a"})
        put_wheel(registry, {"a.jpg": b"another"})

        with pytest.raises(LocalError, match=r"^photos 1.0 \(pypi\) cannot be fetched: ERROR: "):
            archive(pinned, cache=cache)

        assert list(cache.iterdir()) == []

    def test_refuses_another_npm_package_than_was_pinned(self, registry: Path, cache: Path) -> None:
        pinned = put_tarball(registry, {"a.jpg": b"a"}, {})
        put_tarball(registry, {"a.jpg": b"another"}, {})

        with pytest.raises(LocalError, match=r"is not what it was .* It is not used\.$"):
            archive(pinned, cache=cache)

        assert list(cache.iterdir()) == []

    def test_says_when_the_registry_does_not_have_it(self, registry: Path, cache: Path) -> None:
        package = put_wheel(registry, {})
        without(registry)

        with pytest.raises(LocalError, match=r"^photos 1.0 \(pypi\) cannot be fetched: ERROR: "):
            archive(package, cache=cache)

    def test_refuses_a_damaged_file_of_the_cache(self, registry: Path, cache: Path) -> None:
        package = put_wheel(registry, {"a.jpg": b"a"})
        archive(package, cache=cache).write_bytes(b"half")

        with pytest.raises(LocalError, match=r"is damaged .*: delete it, run again\.$"):
            archive(package, cache=cache)

    def test_says_that_npm_is_needed_where_no_wheel_has_it(
        self, registry: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = put_tarball(registry, {}, {})
        monkeypatch.setenv("PATH", "")
        monkeypatch.setattr(platform, "machine", lambda: "riscv64")

        with pytest.raises(LocalError, match=r"^npm is needed, and there is none: install "):
            archive(package, cache=cache)

    @pytest.mark.parametrize("word", ["npm ERR!", "npm error"])
    def test_tells_npms_reason(self, registry: Path, cache: Path, word: str) -> None:
        package = put_tarball(registry, {}, {})
        said = f"{word} request failed, reason: self-signed certificate"
        npm = f"#!/bin/sh\nprintf 'npm warn old\n{said}\n' >&2\nexit 1\n"
        (registry.parent / "bin" / "npm").write_text(npm)

        with pytest.raises(LocalError) as caught:
            archive(package, cache=cache)

        assert str(caught.value) == f"photos 1.0 (npm) cannot be fetched: {said}"

    def test_gives_up_on_a_client_that_hangs(
        self, registry: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = put_tarball(registry, {}, {})
        (registry.parent / "bin" / "npm").write_text("#!/bin/sh\nexec tail -f /dev/null\n")
        monkeypatch.setattr(packages, "CLIENT_S", 0.2)

        with pytest.raises(LocalError, match=r"^photos 1.0 \(npm\) was not here after 0.2 s"):
            archive(package, cache=cache)
