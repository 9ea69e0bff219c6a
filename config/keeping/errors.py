"""What can go wrong with backups, archives and looking whether all is whole."""


class KeepingError(Exception):
    """It can't be done; the message says what to do."""


class BackupDamaged(KeepingError):
    """A backup is not what was written: use another one."""


class DatabaseInUse(KeepingError):
    """There is something in the database that would be lost, or somebody works with it."""


class ProgramMissing(KeepingError):
    """No pg_dump is here that is as new as the database server."""


class ArchiveInvalid(KeepingError):
    """A file is no archive of an owner, or not of a version that is known here."""
