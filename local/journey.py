"""Sending many photos through the API, several at a time, and hearing what came of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from local.album import Photo
from local.api import Api, Refused
from local.report import Outcome, Sighting

AT_ONCE = 8


@dataclass(frozen=True)
class Sent:
    """A photo, and its job's id or why there is no job."""

    photo: Photo
    job: str = ""
    refusal: Outcome | None = None


@dataclass(frozen=True)
class Journey:
    """Takes photos to `api`. `tend` is called while we wait; what it raises ends the journey."""

    api: Api
    tend: Callable[[], None]

    def ready(self) -> bool:
        """Whether the service can process photos now."""
        self.tend()
        return self.api.healthy()

    def send(self, photos: Sequence[Photo]) -> Iterator[Sent]:
        """Send all; gives each when its job has ended. One that fails stops no other."""
        with _pool() as pool:
            for sent in pool.map(self._submit, photos):
                self._outcome(sent)
                yield sent

    def outcomes(self, sent: Iterable[Sent]) -> list[Outcome]:
        """What came of them, as the service tells it now."""
        with _pool() as pool:
            return list(pool.map(self._outcome, sent))

    def crops(self, sightings: Iterable[Sighting]) -> dict[int, bytes]:
        """Pictures of faces, by the ids of the faces."""
        faces = [sighting.face for sighting in sightings]
        with _pool() as pool:
            pictures = pool.map(self.api.file, [face.crop for face in faces])
            return {face.id: picture for face, picture in zip(faces, pictures, strict=True)}

    def _submit(self, photo: Photo) -> Sent:
        try:
            return Sent(photo, self.api.submit(photo))
        except Refused as exc:
            return Sent(photo, refusal=Outcome(photo.name, exc.failure))

    def _outcome(self, sent: Sent) -> Outcome:
        return sent.refusal or self.api.result(sent.photo, sent.job, self.tend)


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that begin nothing more once the block has ended."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
