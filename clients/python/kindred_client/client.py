"""What a service asks of Kindred every day."""

import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Self

import httpx2

from kindred_client import answers, found, sending
from kindred_client.errors import KindredError
from kindred_client.listening import Event, listen
from kindred_client.sending import Picture
from kindred_client.transport import Pause, Transport

_UNFINISHED = {"pending", "processing", "paused"}
_FIRST_LOOK_S, _SLOWEST_LOOKS_S = 0.2, 5.0  # between two looks at a job
_PAGE = 200  # of lists: as many as the service gives at once

Face = Picture | int  # a picture that shows one face, or the id of one that is known


class Kindred:
    """The service at `url`, as the owner of an API key sees it. For any number of threads.

    Every method raises KindredError where the service says no, or gives no answer. What may get
    better is tried `tries` times; a change is made once all the same. An `idempotency_key` of your
    own is for asking again after you were stopped yourself: give the same one.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        owner: str = "",
        timeout_s: float = 60.0,
        tries: int = 3,
        pause: Pause = time.sleep,
    ) -> None:
        """`owner`: for whom, where the key may act for all. `pause`: waits so many seconds."""
        headers = {"X-API-Key": key} | ({"X-Owner": owner} if owner else {})
        self._ask = Transport(url, headers, timeout_s=timeout_s, tries=tries, pause=pause)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self._ask.http.close()

    # --- Photos and jobs -------------------------------------------------------------------------

    def process(
        self,
        photo: str | Picture,
        *,
        external_id: str = "",
        operations: Sequence[str] = ("all",),
        priority: int = 5,
        wait: bool = True,
        idempotency_key: str = "",
    ) -> answers.JobDetail:
        """Send a photo, by its address or as a file, and say what is in it.

        `result` is None where that takes longer than the service waits, and with `wait` false: then
        wait() for the job, or listen to its events(). What can't be processed is an error.
        """
        order = {"operations": list(operations), "priority": priority, "external_id": external_id}
        headers = {} if wait else {"Prefer": "respond-async"}
        asked = sending.one(photo, order)
        job: answers.JobDetail = self._change("process/image", idempotency_key, headers, **asked)
        return job

    def batch(
        self,
        photos: Sequence[str] | Sequence[Picture],
        *,
        external_ids: Sequence[str] = (),
        operations: Sequence[str] = ("all",),
        priority: int = 5,
        idempotency_key: str = "",
    ) -> answers.Job:
        """Send many photos as one job, all by address or all as files: all are taken, or none.

        `external_ids`: one of each photo, or none at all. Files are read into memory.
        """
        order = {"operations": list(operations), "priority": priority}
        asked = sending.many(photos, external_ids, order)
        job: answers.Job = self._change("process/batch", idempotency_key, **asked)
        return job

    def job(self, job_id: str) -> answers.JobDetail:
        """A job, and what was found in the first 100 of its photos."""
        job: answers.JobDetail = self._get(f"jobs/{job_id}")
        return job

    def items(self, job_id: str) -> Iterator[answers.Item]:
        """All photos of a job, with what was found in each."""
        return self._list(f"jobs/{job_id}/items")

    def wait(self, job_id: str, *, timeout_s: float = 600.0) -> answers.JobDetail:
        """The job when it has ended, however it has: looks at it from time to time.

        Raises:
            KindredError: also `timeout`.
        """
        give_up, look_s = time.monotonic() + timeout_s, _FIRST_LOOK_S
        while self._get(f"jobs/{job_id}/status")["status"] in _UNFINISHED:
            if time.monotonic() > give_up:
                raise KindredError("timeout", f"Job {job_id} is not done after {timeout_s:g} s.")
            self._ask.pause(look_s)
            look_s = min(1.5 * look_s, _SLOWEST_LOOKS_S)
        return self.job(job_id)

    def events(
        self, job_id: str = "", *, kinds: Collection[str] = (), after: str = ""
    ) -> Iterator[Event]:
        """What happens, while it happens: to one job until it has ended, or to all jobs, for ever.

        Comes back where the connection breaks. `after`: the `id` of the last event that you know;
        without one a job is told from its beginning, and all jobs from now on. `kinds`: only these.
        """
        if job_id:
            told = listen(self._ask, f"jobs/{job_id}/events", {}, after)
            return (event for event in told if not kinds or event.kind in kinds)
        return listen(self._ask, "events", {"kinds": ",".join(kinds)} if kinds else {}, after)

    # --- Searching -------------------------------------------------------------------------------

    def search(
        self,
        question: str = "",
        filters: sending.Filters | None = None,
        *,
        limit: int = 50,
        cursor: str = "",
    ) -> found.Found:
        """A page of photos, best first. `cursor`: the `next` of the page before."""
        asked: dict[str, Any] = {**(filters or {}), "limit": limit}
        asked |= {name: said for name, said in (("q", question), ("cursor", cursor)) if said}
        page: found.Found = self._ask.ask("POST", "search/", json=asked).json()
        return page

    def search_all(
        self, question: str = "", filters: sending.Filters | None = None
    ) -> Iterator[found.Hit]:
        """All photos, best first: page after page, as they are read."""
        page = self.search(question, filters, limit=_PAGE)
        yield from page["results"]
        while cursor := page["next"]:
            page = self.search(question, filters, limit=_PAGE, cursor=cursor)
            yield from page["results"]

    def similar(self, photo_id: int, *, limit: int = 50, cursor: str = "") -> found.Similar:
        """Photos that look like one, most alike first."""
        page: found.Similar = self._get(
            f"search/similar/{photo_id}",
            {"limit": limit} | ({"cursor": cursor} if cursor else {}),
        )
        return page

    # --- People ----------------------------------------------------------------------------------

    def people(self, search: str = "") -> Iterator[answers.Person]:
        """By name; `search`: part of a name or of another name."""
        return self._list("people", **({"search": search} if search else {}))

    def add_person(
        self, name: str, *, faces: Sequence[int] = (), idempotency_key: str = ""
    ) -> answers.Done:
        """Somebody new; `faces` are theirs."""
        return self._done("people", idempotency_key, {"name": name, "faces": list(faces)})

    def rename_person(
        self, person_id: int, name: str, *, idempotency_key: str = ""
    ) -> answers.Done:
        return self._done(f"people/{person_id}", idempotency_key, {"name": name}, method="PATCH")

    def merge_people(
        self, person_id: int, others: Sequence[int], *, idempotency_key: str = ""
    ) -> answers.Done:
        """All that `others` have becomes this person's."""
        return self._done(f"people/{person_id}/merge", idempotency_key, {"people": list(others)})

    def undo(self, edit_id: int, *, idempotency_key: str = "") -> answers.Done:
        """Put everything back as it was before an edit."""
        return self._done(f"edits/{edit_id}/undo", idempotency_key)

    def export(self) -> bytes:
        """All people, whose faces are whose, and what was said against it: a JSON document."""
        return self._ask.ask("GET", "people/export").content

    def clusters(
        self, *, person_id: int | None = None, named: bool | None = None
    ) -> Iterator[answers.Cluster]:
        """Groups of faces: of a person; those with a name, or those without."""
        params: dict[str, Any] = {} if person_id is None else {"person": person_id}
        return self._list("faces/clusters", **params | ({} if named is None else {"named": named}))

    def label_cluster(
        self, cluster_id: str, name: str, *, idempotency_key: str = ""
    ) -> answers.Done:
        """Say who the faces of a cluster are: somebody who is known by this name, or new."""
        return self._done(f"faces/clusters/{cluster_id}/label", idempotency_key, {"name": name})

    # --- Pictures --------------------------------------------------------------------------------

    def identify(
        self, picture: Picture | int, *, limit: int = 5, threshold: float | None = None
    ) -> found.Identification:
        """Whose faces a picture shows, or a photo that is here. Nothing of a picture is kept."""
        data: dict[str, Any] = {"limit": limit} | _threshold(threshold)
        if isinstance(picture, int):
            asked: sending.Asked = {"json": data | {"photo_id": picture}}
        else:
            asked = sending.form(data, file=picture)
        told: found.Identification = self._ask.ask("POST", "faces/identify", **asked).json()
        return told

    def verify(
        self, first: Face, second: Face, *, threshold: float | None = None
    ) -> found.Verification:
        """Whether two faces are one person's. Nothing of pictures is kept."""
        faces = {"first": first, "second": second}
        data: dict[str, Any] = _threshold(threshold)
        data |= {f"{name}_face_id": face for name, face in faces.items() if isinstance(face, int)}
        files = {name: face for name, face in faces.items() if not isinstance(face, int)}
        asked = sending.form(data, **files) if files else {"json": data}
        told: found.Verification = self._ask.ask("POST", "faces/verify", **asked).json()
        return told

    def annotated(self, photo_id: int, *, names: bool = True) -> bytes:
        """A photo with its faces marked: a JPEG."""
        path = f"photos/{photo_id}/annotated"
        return self._ask.ask("GET", path, params={"names": names}).content

    def annotated_address(self, photo_id: int, *, names: bool = True) -> found.Published:
        """Where the same can be seen for a while by whoever has the address."""
        path = f"photos/{photo_id}/annotated"
        told: found.Published = self._ask.ask("POST", path, json={"names": names}).json()
        return told

    # --- How it is asked -------------------------------------------------------------------------

    def _get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        return self._ask.ask("GET", path, params=params or {}).json()

    def _list(self, path: str, **params: Any) -> Iterator[Any]:
        """All of a list. Only what the address of the next page asks for is taken from it."""
        page = self._get(path, {"page_size": _PAGE, **params})
        yield from page["results"]
        while page["next"]:
            page = self._get(path, dict(httpx2.URL(page["next"]).params))
            yield from page["results"]

    def _done(
        self, path: str, key: str, asked: dict[str, Any] | None = None, *, method: str = "POST"
    ) -> answers.Done:
        done: answers.Done = self._change(path, key, method=method, json=asked or {})
        return done

    def _change(
        self,
        path: str,
        key: str,
        headers: dict[str, str] | None = None,
        *,
        method: str = "POST",
        **asked: Any,
    ) -> Any:
        """Once, however often it has to be sent."""
        named = {"Idempotency-Key": key or str(uuid.uuid4()), **(headers or {})}
        return self._ask.ask(method, path, headers=named, **asked).json()


def _threshold(threshold: float | None) -> dict[str, float]:
    return {} if threshold is None else {"threshold": threshold}
