"""The real parts, started on this machine without Docker; knows nothing of the service."""


class LocalError(Exception):
    """A part did not start, or did not do as asked; the message says why, for people to read."""
