"""Trains a head on faces that people have confirmed. Runs in its own environment.

The face embedder stays as it is; the head moves its vectors, so that one person's come closer
together and those of different people further apart. Nobody imports this; it knows no Django.
"""


class Refused(Exception):
    """Nothing was written. `code` never changes; the message is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
