"""The queue's own SQL: taking items, in which order, and taking them back.

Time is the database's, so that clocks of workers don't matter. Items are claimed by `rank`, which
is their priority until they have waited long, then by `turn`, then by age. Turns let owners take
turns: one who asks for much counts up, and one who comes later begins where the line is now.
Source: start-time fair queueing (Goyal, Vin, Cheng 1996).
"""

from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import connection, models
from django.db.models import Exists, Min
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from jobs.models.pause import Pause
from jobs.models.states import HIGHEST_PRIORITY, State
from photos.models import Owner
from photos.statements import Joined, prepared

if TYPE_CHECKING:
    from jobs.models.work import Item

# Parts of statements: where the line of a rank is now, and
_HEAD = """(
    SELECT turn FROM jobs_item AS first
    WHERE state = 'queued' AND deaths = 0 AND first.rank = {rank}
    ORDER BY turn LIMIT 1
)"""
# for what is put back, a turn before those who wait, or its own.
FRONT = f"LEAST(jobs_item.turn, {_HEAD.format(rank='jobs_item.rank')})"

# The limit stands in the text, so that PostgreSQL plans for it.
_CLAIM = """
WITH best AS MATERIALIZED (
    SELECT item.id FROM jobs_item AS item {able}
    WHERE state = 'queued' AND {suspects} AND run_after <= statement_timestamp()
        AND NOT EXISTS (SELECT FROM jobs_pause) {only}
    ORDER BY rank DESC, turn, item.id
    LIMIT {limit}
    FOR UPDATE OF item SKIP LOCKED
)
UPDATE jobs_item AS item SET
    state = 'processing',
    leases = leases + 1,
    attempts = attempts + 1,
    worker = %(worker)s,
    lease_until = statement_timestamp() + %(lease_s)s * interval '1 second',
    started_at = statement_timestamp()
FROM best, jobs_job AS job, photos_owner AS owner
WHERE item.id = best.id AND job.id = item.job_id AND owner.id = job.owner_id
RETURNING {columns}
"""
_NO_SUSPECTS, _SUSPECTS = "deaths = 0", "deaths > 0"  # each has an index of its own
_ABLE = "JOIN jobs_job AS job ON job.id = item.job_id"
_OF_ABLE = """
    AND item.source <> 'none' AND job.operations <@ %(operations)s::varchar[]
    AND EXISTS (
        SELECT FROM jobs_job AS able WHERE able.finished_at IS NULL
            AND able.operations <> '{}' AND able.operations <@ %(operations)s::varchar[]
    )
"""  # the latter is asked first: without such a job, no item is looked at
_OF_OWNER = " AND item.owner_id = %(owner)s"

_RENEW = """
UPDATE jobs_item SET lease_until = statement_timestamp() + %(lease_s)s * interval '1 second'
WHERE id = ANY (%(items)s) AND state = 'processing' AND worker = %(worker)s
RETURNING id, cancelling
"""

_SWEEP = f"""
UPDATE jobs_item SET
    deaths = deaths + 1,
    state = CASE WHEN cancelling THEN 'cancelled' WHEN NOT again THEN 'failed'
        WHEN pausing THEN 'paused' ELSE 'queued' END,
    error_code = CASE WHEN cancelling OR again THEN '' ELSE 'worker_died' END,
    error_detail = CASE WHEN cancelling OR again THEN ''
        ELSE 'Workers stopped while they worked on nothing but this photo, several times.' END,
    finished_at = CASE WHEN again AND NOT cancelling THEN NULL ELSE statement_timestamp() END,
    turn = {FRONT},
    cancelling = FALSE,
    pausing = FALSE,
    worker = '',
    lease_until = NULL
FROM (
    SELECT id AS expired, deaths < max_attempts AS again FROM jobs_item
    WHERE state = 'processing' AND lease_until < statement_timestamp()
    ORDER BY lease_until LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
) AS lost
WHERE id = expired
RETURNING jobs_item.*
"""  # noqa: S608  # our own words

_TURN = """
SELECT GREATEST(
    COALESCE({head}, 0),
    COALESCE((
        SELECT MAX(turn) + 1 FROM jobs_item
        WHERE owner_id = %(owner)s AND state = 'queued' AND rank = %(rank)s
    ), 0)
)
""".format(head=_HEAD.format(rank="%(rank)s"))  # noqa: S608  # our own words

_AGE = """
UPDATE jobs_item SET
    rank = rank + 1,
    ranked_at = statement_timestamp(),
    turn = COALESCE({head}, turn)
WHERE id IN (
    SELECT id FROM jobs_item
    WHERE state = 'queued' AND rank < {highest}
        AND ranked_at <= statement_timestamp() - %(after_s)s * interval '1 second'
    ORDER BY ranked_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
""".format(head=_HEAD.format(rank="jobs_item.rank + 1"), highest=HIGHEST_PRIORITY)  # noqa: S608  # our own words

_COPY = """
INSERT INTO jobs_item ({columns}, location, turn)
SELECT {values}, location, %s + row_number() OVER (ORDER BY pk) - 1
FROM ({rows}) AS located (pk, location)
"""


@cache
def _claimed() -> Joined:
    return Joined(
        item=apps.get_model("jobs", "Item"), job=apps.get_model("jobs", "Job"), owner=Owner
    )


@cache
def _claim_sql(limit: int, *, suspects: bool, able: bool, of_owner: bool) -> str:
    return _CLAIM.format(
        limit=int(limit),
        columns=_claimed().columns,
        able=_ABLE if able else "",
        suspects=_SUSPECTS if suspects else _NO_SUSPECTS,
        only=(_OF_ABLE if able else "") + (_OF_OWNER if of_owner else ""),
    )


class ItemQuerySet(models.QuerySet["Item"]):
    """The queue."""

    def claim(
        self,
        *,
        worker: str,
        limit: int,
        lease_s: float,
        suspects: bool = False,
        operations: Collection[str] | None = None,
        owner_pk: int | None = None,
    ) -> list["Item"]:
        """Take up to `limit` items for `worker`: the most urgent ones, the first in line first.

        An item is given to one worker only. It is the worker's until its lease ends, and
        each claim counts as an attempt. `suspects` are those that a worker has died with:
        they are only given when they are asked for, to be worked on alone. `operations`: only
        photos for which no others are asked. `owner_pk`: only that owner's. While the queue is
        paused there are none.
        """
        values = {
            "worker": worker,
            "lease_s": lease_s,
            "operations": list(operations or ()),
            "owner": owner_pk,
        }
        able, of_owner = operations is not None, owner_pk is not None
        sql = _claim_sql(limit, suspects=suspects, able=able, of_owner=of_owner)
        with prepared() as cursor:
            rows = [_claimed().read(row) for row in cursor.execute(sql, values)]
        for item, job, owner in rows:
            item.job, job.owner = job, owner
        items: list[Item] = [item for item, _, _ in rows]
        return sorted(items, key=lambda item: (-item.rank, item.turn, item.pk))

    def renew(self, *, worker: str, items: Collection[int], lease_s: float) -> dict[int, bool]:
        """Keep those of `items` (ids) that `worker` still holds for another `lease_s`.

        What it does not name it does not know of: as the answer to a claim got lost, or it was
        begun anew under its old name. Others get that when the lease ends.
        Returns its items by their ids: True where somebody has asked to cancel it.
        """
        with connection.cursor() as cursor:
            cursor.execute(_RENEW, {"worker": worker, "items": list(items), "lease_s": lease_s})
            return dict(cursor.fetchall())

    def sweep(self, *, limit: int = 1000) -> list["Item"]:
        """Take items back from workers whose lease has ended; fail those with enough of that.

        The first death accuses nobody, as a worker has many items in hand. From then on an item is
        worked on alone: what dies with that as often as it may be tried, has failed.
        """
        return list(self.raw(_SWEEP, {"limit": limit}))

    def age(self, *, after_s: float, limit: int = 10_000) -> int:
        """Raise by one rank what has had the same rank for so long; returns how many that are."""
        with connection.cursor() as cursor:
            cursor.execute(_AGE, {"after_s": after_s, "limit": limit})
            return int(cursor.rowcount)

    def next_turn(self, owner_pk: int, rank: int) -> int:
        """The turn of the first of an owner's new items. Two index look-ups."""
        with connection.cursor() as cursor:
            cursor.execute(_TURN, {"owner": owner_pk, "rank": rank})
            return int(cursor.fetchone()[0])

    def copy(self, pattern: "Item", located: models.QuerySet[Any, Any]) -> int:
        """Store as many items like `pattern` as there are rows (pk, location) in `located`.

        Their turns count up from that of the pattern, in the order of `pk`. Nothing passes through
        this process, however many there are. Returns how many that are.
        """
        fields = [
            field
            for field in self.model._meta.concrete_fields  # noqa: SLF001  # as Django documents
            if field.column not in {"id", "location", "turn"}
        ]
        values = [
            field.get_db_prep_save(field.pre_save(pattern, add=True), connection)
            for field in fields
        ]
        rows, parameters = located.order_by().query.sql_with_params()
        sql = _COPY.format(
            columns=", ".join(str(field.column) for field in fields),
            values=", ".join(["%s"] * len(fields)),
            rows=rows,
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [*values, pattern.turn, *parameters])
            return int(cursor.rowcount)

    def front_turn(self) -> RawSQL:
        """For an update that puts items back: a turn before those who wait, or their own."""
        return RawSQL(FRONT, [])  # noqa: S611  # our own words

    def waiting(self) -> Self:
        """Items that a worker could take now."""
        going = ~Exists(Pause.objects.all())
        return self.filter(going, state=State.QUEUED, run_after__lte=Now())

    def more_urgent_than(self, rank: int) -> Self:
        """Those that a worker could take now, before any of this rank. Read off an index."""
        return self.waiting().filter(deaths=0, rank__gt=rank)

    def any_waiting(self) -> bool:
        """Whether a worker could take one now.

        In the order of the claim, as the planner else scans the table for one that it hopes to
        find soon.
        """
        first = self.waiting().order_by("-rank", "turn", "pk").values("pk")
        return bool(first.filter(deaths=0)[:1]) or bool(first.filter(deaths__gt=0)[:1])

    def next_in_s(self) -> float | None:
        """Seconds until a worker can take an item: 0 is now, None is never."""
        if self.any_waiting():
            return 0.0
        queued = self.filter(~Exists(Pause.objects.all()), state=State.QUEUED)
        wait = queued.aggregate(wait=Min("run_after") - Now())["wait"]
        return None if wait is None else max(0.0, wait.total_seconds())
