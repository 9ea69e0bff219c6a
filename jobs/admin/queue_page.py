"""The live queue, for staff: what waits, who works, how fast, and what failed.

It is drawn on the server; a script puts the new drawing in the place of the old one.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jobs import statistics, steering
from jobs.admin.items import note, note_retry
from jobs.models import CleanUp, Item, Pause
from jobs.statistics import MANY, MINUTES, RECENT_DAYS
from photos.staff import MAX_REASON, reason_of

may_look = permission_required("jobs.view_job", raise_exception=True)
may_steer = permission_required("jobs.change_job", raise_exception=True)


@require_GET
@may_look
def page(request: HttpRequest) -> HttpResponse:
    frame = {**admin.site.each_context(request), "title": _("Queue")}
    return render(request, "admin/jobs/queue/page.html", frame | _now())


@require_GET
@may_look
def now(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes by itself."""
    return render(request, "admin/jobs/queue/now.html", _now())


@require_POST
@may_steer
def pause(request: HttpRequest) -> HttpResponse:
    """Let nothing be begun until somebody resumes."""
    steering.pause_queue(by=request.user.get_username(), reason=reason_of(request))
    note(request, _("Paused the queue."))
    return redirect("queue")


@require_POST
@may_steer
def resume(request: HttpRequest) -> HttpResponse:
    steering.resume_queue()
    note(request, _("Resumed the queue."))
    return redirect("queue")


@require_POST
@may_steer
def retry(request: HttpRequest) -> HttpResponse:
    """Try again what failed lately with the `code` that is sent."""
    code = request.POST.get("code", "")
    failed = Item.objects.filter(pk__in=statistics.recent_failures(code))
    note_retry(request, steering.retry(failed))
    return redirect("queue")


def _now() -> dict[str, Any]:
    depths, workers = statistics.depths(), statistics.workers()
    minutes = statistics.throughput()
    stages = statistics.stage_times()
    return {
        "paused": Pause.objects.first(),
        "depths": depths,
        "waiting": sum(each.waiting for each in depths),
        "is_bounded": any(each.is_bounded for each in depths),
        "most_waiting": max(each.waiting for each in depths),
        "many": MANY,
        "oldest_s": max((each.oldest_s for each in depths if each.oldest_s), default=None),
        "workers": workers,
        "in_work": sum(len(each.items) for each in workers),
        "minutes": minutes,
        "span": MINUTES,
        "most_ended": max(each.completed + each.failed for each in minutes),
        "completed": sum(each.completed for each in minutes),
        "failed": sum(each.failed for each in minutes),
        "is_busy": any(each.is_bounded for each in minutes),
        "stages": stages,
        "slowest_ms": max((each.p95_ms for each in stages), default=0),
        "failures": statistics.failures(),
        "recent_days": RECENT_DAYS,
        "clean_up": CleanUp.objects.first(),
        "longest_reason": MAX_REASON,
    }


urls = [
    path("", admin.site.admin_view(page), name="queue"),
    path("now/", admin.site.admin_view(now), name="queue-now"),
    path("pause/", admin.site.admin_view(pause), name="queue-pause"),
    path("resume/", admin.site.admin_view(resume), name="queue-resume"),
    path("retry/", admin.site.admin_view(retry), name="queue-retry"),
]
