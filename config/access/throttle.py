"""Who asks too often is told to come back later. Off, unless settings say how often is too often.

Counted in the database, in one statement, so that all web processes count together.
"""

import math
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

import photos.services
from config.access.addresses import client_of
from config.access.rates import Rate
from config.models import ApiKey, Asking

# A window begins with the first request in it. Rows are taken in one order: nobody waits in a ring.
_COUNT = """
    INSERT INTO config_asking AS kept (who, count, ends_at)
    SELECT who, 1, clock_timestamp() + make_interval(secs => seconds)
    FROM unnest(%s::text[], %s::float8[]) AS asked (who, seconds) ORDER BY who
    ON CONFLICT (who) DO UPDATE SET
        count = CASE WHEN kept.ends_at <= clock_timestamp() THEN 1 ELSE kept.count + 1 END,
        ends_at = CASE
            WHEN kept.ends_at <= clock_timestamp() THEN excluded.ends_at ELSE kept.ends_at
        END
    RETURNING who, count, extract(epoch FROM ends_at - clock_timestamp())
"""
_SOME = 100  # rows of times gone by that are removed at once


class Often(BaseThrottle):
    """By key, and by owner, whichever key, JWT or session is used for it."""

    _wait_s: float | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        self._wait_s = count(_rates_of(request))
        return self._wait_s is None

    def wait(self) -> float | None:
        return self._wait_s


def _rates_of(request: Request) -> dict[str, Rate]:
    rates = {}
    if settings.RATE_PER_KEY and isinstance(request.auth, ApiKey):
        rates[f"key:{request.auth.pk}"] = settings.RATE_PER_KEY
    if settings.RATE_PER_OWNER and isinstance(request.user, User):
        owner = photos.services.owner_of(request.user)
        rates[f"owner:{owner.pk}"] = settings.RATE_PER_OWNER
    return rates


def count_wrong(request: Request) -> None:
    """Note that a key or a JWT was wrong.

    Raises:
        Throttled: too many were, from there. Whoever has the right one is not asked.
    """
    if rate := settings.RATE_OF_WRONG_KEYS:
        client = client_of(request.META, settings.TRUSTED_PROXY_HOPS)
        wait_s = count({f"address:{client}": rate})
        _forget()
        if wait_s is not None:
            raise Throttled(wait_s)


def count(rates: Mapping[str, Rate]) -> float | None:
    """Count one more for each; how many seconds somebody has to wait, if it is one too many."""
    if not rates:
        return None
    who, seconds = [*rates], [float(rate.seconds) for rate in rates.values()]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [who, seconds])
        rows = cursor.fetchall()
    waits = [float(left_s) for name, asked, left_s in rows if asked > rates[name].most]
    return max(1.0, math.ceil(max(waits))) if waits else None


def _forget() -> None:
    """A few of those whose time is over: there are as many addresses as somebody likes."""
    over = Asking.objects.over().values("pk")[:_SOME]
    Asking.objects.filter(pk__in=over).delete()
