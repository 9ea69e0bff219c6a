"""Having models loaded while something else is done: the demo's tables take as long to make."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread

from local.triton import DIRECT, START_S, Triton


@contextmanager
def warming(triton: Triton, models: Sequence[str]) -> Iterator[None]:
    """Have `models` loaded one after the other meanwhile; leaving waits for the one in hand.

    What can't be loaded is left to whoever needs it, who is told why.
    """
    left = Event()
    loading = Thread(target=_load, args=(triton.http_url, models, left), name="warming")
    loading.start()
    try:
        yield
    finally:
        left.set()
        loading.join()


def _load(url: str, models: Sequence[str], left: Event) -> None:
    for model in models:
        if left.is_set():
            return
        asked = f"{url}/v2/repository/models/{model}/load"
        with suppress(OSError), DIRECT.open(asked, b"{}", timeout=START_S):
            pass
