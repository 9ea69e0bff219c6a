"""Variables that come from files, where Docker and Kubernetes put secrets."""

from django.core.exceptions import ImproperlyConfigured
from environ import Env
from environ.fileaware_mapping import FileAwareMapping


class _Files(FileAwareMapping):  # type: ignore[misc]  # django-environ has no types
    """The environment, in which NAME is what the file has that NAME_FILE names."""

    def __getitem__(self, name: str) -> str:
        try:
            return str(super().__getitem__(name)).rstrip("\r\n")  # as editors and `echo` end a file
        except OSError as exc:
            raise ImproperlyConfigured(f"{name}_FILE: {exc.filename}: {exc.strerror}.") from exc


class FileEnv(Env):  # type: ignore[misc]  # as above
    """Typed variables, each of which may be in a file. A file that is named counts.

    Raises:
        ImproperlyConfigured: the file that one names can't be read.
    """

    ENVIRON = _Files()
