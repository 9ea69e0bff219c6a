"""Turns weights into `model_repository/`. Runs in its own environment; nobody imports it."""


class ExportError(Exception):
    """A model was not built, or is not fit to be published; the message says why, for people."""
