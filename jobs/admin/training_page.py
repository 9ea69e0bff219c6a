"""Training runs, for staff: what each has come to, which one faces are compared by, and going back.

It is drawn on the server. What changes anything is asked about on a page of its own first.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

import photos.services
from faces import matchers
from faces.errors import FaceError, MatcherMissing, TrainingFailed
from faces.matchers import ROLE
from jobs import services, training
from jobs.admin.runs import asked_lately, run, runs
from jobs.errors import JobError
from jobs.models import Job
from photos.errors import ServingError
from photos.models import Role
from photos.staff import MAX_REASON, note

may_look = permission_required("photos.view_servedmodel", raise_exception=True)
may_steer = permission_required("photos.change_servedmodel", raise_exception=True)
_TROUBLES = (FaceError, JobError, ServingError)


class TrainingForm(forms.Form):
    """How a head is to be trained."""

    epochs = forms.IntegerField(label=gettext_lazy("Epochs"), min_value=1, max_value=10_000)
    margin = forms.FloatField(
        label=gettext_lazy("Margin"),
        min_value=0,
        max_value=4,
        help_text=gettext_lazy("How much farther somebody else has to be, as a squared distance."),
    )
    min_faces = forms.IntegerField(
        label=gettext_lazy("Faces of a person, at least"), min_value=2, max_value=10_000
    )
    activate = forms.BooleanField(
        label=gettext_lazy("Compare faces by it, if it is better"), required=False
    )


@require_GET
@may_look
def page(request: HttpRequest) -> HttpResponse:
    shown: dict[str, Any] = {"title": _("Training"), "asked": asked_lately(), "role": _role()}
    shown["runs"], shown["troubles"] = runs(settings.TRAININGS_ROOT)
    return render(request, "admin/jobs/training/page.html", _framed(request, shown))


@require_http_methods(["GET", "POST"])
@may_steer
def begin(request: HttpRequest) -> HttpResponse:
    """Ask how, and then have a head trained."""
    usual = training.wanted_of({})
    initial = {**vars(usual), "activate": True}
    form = TrainingForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        return _done(request, lambda: _train(request, form.cleaned_data))
    question = {"title": _("Train on what is confirmed"), "form": form, "button": _("Train")}
    return _ask(request, question)


@require_http_methods(["GET", "POST"])
@may_steer
def promote(request: HttpRequest, matcher: str) -> HttpResponse:
    """Ask whether it is meant, and then have faces compared by this head."""
    try:
        shown = run(matchers.find(settings.TRAININGS_ROOT, matcher))
    except (MatcherMissing, TrainingFailed) as exc:
        raise Http404(str(exc)) from exc
    if request.method == "POST":
        return _done(request, lambda: _promote(request, matcher))
    question = {
        "title": _("Compare faces by %(run)s") % {"run": matcher},
        "told": _(
            "All known faces get vectors of this head first; then it is switched, at once. Names "
            "and clusters stay. It can be rolled back."
        ),
        "runs": [shown],
        "button": _("Promote"),
    }
    return _ask(request, question)


@require_http_methods(["GET", "POST"])
@may_steer
def roll_back(request: HttpRequest) -> HttpResponse:
    """Ask whether it is meant, and then have faces compared by what there was before."""
    if request.method == "POST":
        return _done(request, lambda: _roll_back(request))
    question = {
        "title": _("Go back to what there was before"),
        "told": _("It is switched at once. Photos that came meanwhile may be looked at again."),
        "role": _role(),
        "button": _("Roll back"),
    }
    return _ask(request, question)


def _train(request: HttpRequest, wanted: dict[str, Any]) -> str:
    training.parts().trainer.check()
    job = _submit(request, wanted)
    return _("A head will be trained: job %(job)s.") % {"job": str(job.pk)[:8]}


def _promote(request: HttpRequest, matcher: str) -> str:
    matchers.kept(settings.TRAININGS_ROOT, matcher)
    job = _submit(request, {"matcher": matcher})
    words = {"run": matcher, "job": str(job.pk)[:8]}
    return _("Faces will be compared by %(run)s: job %(job)s.") % words


def _submit(request: HttpRequest, arguments: dict[str, Any]) -> Job:
    user = request.user
    assert isinstance(user, User)  # noqa: S101  # others are not let in
    owner = photos.services.owner_of(user)
    job = services.submit_task(owner, Job.Kind.TRAIN, {**arguments, "by": user.pk})
    said = ", ".join(f"{name} {value}" for name, value in arguments.items())
    note(request, [job], _("Asked for a training: %(said)s.") % {"said": said})
    return job


def _roll_back(request: HttpRequest) -> str:
    before = _role()
    done = training.roll_back()
    note(request, [before.active] if before else [], _("Rolled back."))
    now = done.active or _("the embedder alone")
    words = {"now": now, "photos": done.photos}
    return _("Faces are compared by %(now)s; %(photos)d photo(s) are looked at again.") % words


def _role() -> Role | None:
    """That of heads, where one is active."""
    return Role.objects.select_related("active", "previous").filter(name=ROLE).first()


def _done(request: HttpRequest, act: Callable[[], str]) -> HttpResponse:
    """Do it, and tell on the page of all runs that it is done, or why it is not."""
    try:
        messages.success(request, act())
    except _TROUBLES as exc:
        messages.error(request, str(exc))
    return redirect("training")


def _ask(request: HttpRequest, question: dict[str, Any]) -> HttpResponse:
    shown = question | {"longest_reason": MAX_REASON}
    return render(request, "admin/jobs/training/ask.html", _framed(request, shown))


def _framed(request: HttpRequest, shown: dict[str, Any]) -> dict[str, Any]:
    return {**admin.site.each_context(request), **shown}


urls = [
    path("", admin.site.admin_view(page), name="training"),
    path("begin/", admin.site.admin_view(begin), name="training-begin"),
    path("rollback/", admin.site.admin_view(roll_back), name="training-rollback"),
    path("<str:matcher>/promote/", admin.site.admin_view(promote), name="training-promote"),
]
