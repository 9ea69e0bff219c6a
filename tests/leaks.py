"""Files that this process has open, by the numbers that the system knows them by."""

from pathlib import Path

_OPEN = Path("/proc/self/fd")


def open_now() -> set[Path]:
    """Of all kinds: sockets and pipes as well."""
    found = set(_OPEN.iterdir())
    return {each for each in found if each.is_symlink()}  # not the folder that was read just now


def on_disk(numbers: set[Path]) -> list[str]:
    """The paths of those that have one, and are still open."""
    return [path for path in map(_path, numbers) if path.startswith("/")]


def _path(number: Path) -> str:
    try:
        return str(number.readlink())
    except FileNotFoundError:  # it has been closed since
        return ""
