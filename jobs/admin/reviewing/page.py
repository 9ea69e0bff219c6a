"""The review desk, for staff: two faces, and whether they are one person, one pair after the other.

It is drawn on the server; a script adds the keyboard, and shows the next pair at once.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from faces.admin.doing import by, refusals_told
from faces.models import Edit, Sitting
from faces.review import sittings
from faces.review.questions import MOST, Kind
from faces.review.sittings import Answer
from jobs import services
from jobs.admin.owners import owner_of, owners_offered
from jobs.admin.reviewing.drawing import DONE, KINDS, asked
from jobs.aftermath import follow
from photos.models import Owner
from photos.staff import note

NEEDED = ("faces.change_cluster", "faces.change_person", "faces.change_edit")

may_review = permission_required(NEEDED, raise_exception=True)


@require_GET
@may_review
def page(request: HttpRequest) -> HttpResponse:
    frame = {
        **admin.site.each_context(request),
        "title": _("Review"),
        "is_nav_sidebar_enabled": False,  # the pictures need the room
    }
    if owner := owner_of(request):
        frame |= {"owners": owners_offered(owner), "kinds": _kinds(owner), **_desk(request, owner)}
    return render(request, "admin/review/page.html", frame)


@require_POST
@may_review
def decide(request: HttpRequest) -> HttpResponse:
    """Do what follows from the `answer` (yes, no, skip) to the `question`, and ask the next one."""
    owner, kind = _asked_of(request), _kind(request)
    given = request.POST.get("answer", "")
    if given not in set(Answer):
        return HttpResponseBadRequest(_("answer: give yes, no or skip."))
    answer = Answer(given)
    with refusals_told(request):
        sitting = sittings.sit_down(owner, kind, by(request))
        key = request.POST.get("question", "")
        made = sittings.decide(sitting, key, answer, by(request))
        follow(owner, *(each.pk for each in made.edits))
        _note(request, made.edits, str(DONE.get((kind, answer), "")))
        if answer is not Answer.SKIP:
            messages.success(request, str(DONE[kind, answer]))
    return _answer(request, owner, kind)


@require_POST
@may_review
def undo(request: HttpRequest) -> HttpResponse:
    """Take the last answer back, and ask again."""
    owner, kind = _asked_of(request), _kind(request)
    with refusals_told(request):
        sitting = sittings.sit_down(owner, kind, by(request))
        undone = sittings.take_back(sitting, by(request))
        follow(owner, *(each.pk for each in undone.edits))
        _note(request, undone.edits, _("Taken back at the review desk."))
        messages.success(request, _("Taken back: you are asked again."))
    return _answer(request, owner, kind)


def _note(request: HttpRequest, edits: Sequence[Edit], done: str) -> None:
    if edits:
        note(request, edits, done)


def _asked_of(request: HttpRequest) -> Owner:
    owner = owner_of(request)
    if owner is None:
        raise Http404(_("There is no owner yet."))
    return owner


def _kind(request: HttpRequest) -> Kind:
    """
    Raises:
        Http404: there is no such kind of questions.
    """
    given = request.GET.get("kind", Kind.SAME.value)
    if given not in set(Kind):
        raise Http404(_("There are no such questions."))
    return Kind(given)


def _answer(request: HttpRequest, owner: Owner, kind: Kind) -> HttpResponse:
    """For our script what is before them now; for others the whole page."""
    if request.headers.get("X-Requested-With") == "review":
        return render(request, "admin/review/desk.html", _desk(request, owner))
    return redirect(f"{reverse('review')}?{_query(owner, kind)}")


def _desk(request: HttpRequest, owner: Owner) -> dict[str, Any]:
    kind = _kind(request)
    sitting: Sitting = sittings.sit_down(owner, kind, by(request))
    desk = sittings.look(sitting)
    if desk.is_sought:
        services.wake()
    return {
        "owner": owner,
        "kind": kind,
        "query": _query(owner, kind),
        "desk": desk,
        "questions": asked(desk.questions, kind),
        "most": MOST,
        "total": desk.done + desk.skipped + desk.left,
    }


def _kinds(owner: Owner) -> list[tuple[Kind, Any, str]]:
    """With what each is called, and its address."""
    return [(kind, words, f"?{_query(owner, kind)}") for kind, words in KINDS.items()]


def _query(owner: Owner, kind: Kind) -> str:
    return urlencode({"owner": owner.pk, "kind": kind.value})


urls = [
    path("", admin.site.admin_view(page), name="review"),
    path("decide/", admin.site.admin_view(decide), name="review-decide"),
    path("undo/", admin.site.admin_view(undo), name="review-undo"),
]
