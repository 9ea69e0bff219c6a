"""The first page of staff: what needs them, and how far the library is. Each sees what is theirs.

Whatever there is, it costs the same number of queries; what is dear to count is said to be about.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from jobs import overview, statistics
from jobs.admin.reviewing.page import NEEDED as MAY_REVIEW
from jobs.models import Pause, Webhook
from jobs.operations import current_recipes
from jobs.overview import Count
from jobs.totals import Census
from photos.plots import Bars
from search.errors import VocabularyError

Words = str | Promise


@dataclass(frozen=True)
class Card:
    """A number, and the page where it is worked on."""

    title: Words
    count: Count
    url: str
    words: Words = ""
    needed: bool = True  # something is to be done


def page(request: HttpRequest) -> HttpResponseBase:
    assert isinstance(request.user, User)  # noqa: S101  # others are not let in
    census = Census()
    shown = {
        "title": _("Home"),
        "is_home": True,
        "attention": [*_people(request.user, census), *_work(request.user)],
    }
    answer: TemplateResponse = admin.site.index(request, shown | _library(request.user, census))
    return answer


def _people(user: User, census: Census) -> list[Card]:
    if not user.has_perm("faces.view_cluster"):
        return []
    desk = [_desk()] if user.has_perms(MAY_REVIEW) else []
    unknown = Count(sum(count for _, count in overview.unknown_clusters()), is_about=True)
    found = [
        Card(
            _("Clusters that nobody has named"),
            unknown,
            f"{reverse('admin:faces_cluster_changelist')}?named=no",
            _("the biggest first"),
            unknown.number > 0,
        )
    ]
    found = desk + found
    if user.has_perm("faces.view_face"):
        matched = overview.matched(census)
        url = f"{reverse('admin:faces_face_changelist')}?membership__how__exact=matched"
        words = _("faces that nobody has confirmed")
        found.append(Card(_("Matched by themselves"), matched, url, words, matched.number > 0))
    return found


def _desk() -> Card:
    left = overview.questions()
    words = _("questions: are these two one person?") if left else _("see whether there are more")
    if left is None:
        words = _("nobody has begun")
    return Card(_("Review"), Count(left or 0, is_about=True), reverse("review"), words, left != 0)


def _work(user: User) -> list[Card]:
    if not user.has_perm("jobs.view_job"):
        return []
    found = [_queue()]
    if user.has_perm("jobs.view_item"):
        found.append(_failed())
    if user.has_perm("jobs.view_webhook"):
        disabled = Webhook.objects.filter(disabled_at__isnull=False).count()
        url = f"{reverse('admin:jobs_webhook_changelist')}?disabled_at__isempty=0"
        words = _("nobody is told of events there")
        found.append(Card(_("Webhooks that are off"), Count(disabled), url, words, disabled > 0))
    return found


def _queue() -> Card:
    depths, paused = statistics.depths(), Pause.objects.first()
    waiting = Count(sum(each.waiting for each in depths), any(each.is_bounded for each in depths))
    words = _("paused") if paused else _("in the queue")
    return Card(_("Photos that wait"), waiting, reverse("queue"), words, paused is not None)


def _failed() -> Card:
    codes = statistics.failures()
    failed = sum(each.count for each in codes)
    reasons = ngettext("in a week, for %d reason", "in a week, for %d reasons", len(codes))
    words = reasons % len(codes) if codes else _("in a week")
    url = reverse("admin:jobs_item_changelist")
    return Card(_("Photos that failed"), Count(failed), url, words, failed > 0)


def _library(user: User, census: Census) -> dict[str, Any]:
    counts = overview.library(census)
    rights = {
        "photos": "photos.view_photo",
        "faces": "faces.view_face",
        "people": "faces.view_person",
        "clusters": "faces.view_cluster",
    }
    names = {
        "photos": _("Photos"),
        "faces": _("Faces"),
        "people": _("People"),
        "clusters": _("Clusters"),
    }
    shown: dict[str, Any] = {
        "library": [
            Card(names[what], counts[what], reverse(f"admin:{_page(right)}_changelist"))
            for what, right in rights.items()
            if user.has_perm(right)
        ]
    }
    if user.has_perm("photos.view_photo"):
        years = overview.years(counts["photos"])
        shown |= {
            "years": Bars.of([(str(year), count) for year, count in years], room=760),
            "photos": counts["photos"],
        }
    if user.has_perm("faces.view_cluster"):
        shown["sizes"] = Bars.of(overview.unknown_clusters())
    return shown | _coverage(user, census, counts["photos"])


def _page(right: str) -> str:
    return right.replace(".view_", "_")


def _coverage(user: User, census: Census, photos: Count) -> dict[str, Any]:
    """For those who can do something about it, or see the photos."""
    if not (user.has_perm("photos.view_photo") or user.has_perm("photos.view_servedmodel")):
        return {}
    try:
        recipes = current_recipes()
    except VocabularyError as exc:
        return {"coverage": [], "trouble": str(exc)}
    return {"coverage": overview.coverage(census, recipes, photos.number), "trouble": ""}
