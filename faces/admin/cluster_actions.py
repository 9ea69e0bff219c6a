"""What staff do with clusters that they have chosen in the gallery.

Each action shows what will change, in pictures, and is done when that is confirmed.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from faces import splitting
from faces.admin.doing import (
    NotTogether,
    Question,
    answered,
    ask,
    by,
    chosen,
    edit,
    names_offered,
    refusals_told,
)
from faces.admin.members import called
from faces.forms import ClusterMergingForm, NameForm, TargetForm
from faces.models import Cluster
from faces.people import merging, naming, placing
from faces.recognition import active_space
from photos.models import Owner

Page = admin.ModelAdmin[Cluster]
Act = Callable[[], Any]


@admin.action(description=gettext_lazy("Merge…"), permissions=["change"])
def merge(page: Page, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
    with refusals_told(request):
        rows, owner = chosen(clusters, _owner, least=2)
        form = ClusterMergingForm(answered(request), clusters=rows)
        if not form.is_valid():
            total = sum(each.face_count for each in rows)
            question = Question(
                title=_("Merge %(clusters)s") % {"clusters": counted(len(rows))},
                form=form,
                words=[_("All %(count)s faces will be of one cluster.") % {"count": total}],
                parts=groups(rows),
            )
            return ask(request, page, rows, question)
        into, every = form.cleaned_data["into"], [each.public_id for each in rows]
        act = partial(merging.merge, owner, into, every, by=by(request))
        edit(request, owner, act, done=_("Merged %(clusters)s.") % {"clusters": counted(len(rows))})
    return None


@admin.action(description=gettext_lazy("Move into another cluster…"), permissions=["change"])
def move(page: Page, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
    with refusals_told(request):
        rows, owner = chosen(clusters, _owner)
        form = TargetForm(answered(request))
        if not form.is_valid():
            question = Question(
                title=_("Move %(clusters)s") % {"clusters": counted(len(rows))},
                form=form,
                words=[_("All their faces will be of the cluster that you name.")],
                parts=groups(rows),
            )
            return ask(request, page, rows, question)
        into = called(owner, form.cleaned_data["to"])
        every = [each.public_id for each in rows]
        said = {"clusters": counted(len(rows)), "into": into.label}
        act = partial(merging.merge, owner, into.public_id, every, by=by(request))
        edit(request, owner, act, done=_("Moved %(clusters)s into %(into)s.") % said)
    return None


@admin.action(description=gettext_lazy("Name…"), permissions=["change"])
def name_as(page: Page, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
    with refusals_told(request):
        rows, owner = chosen(clusters, _owner)
        form = NameForm(answered(request), owner=owner)
        if not form.is_valid():
            question = Question(
                title=_("Who they are: %(clusters)s") % {"clusters": counted(len(rows))},
                form=form,
                parts=groups(rows),
                names=names_offered(owner),
            )
            return ask(request, page, rows, question)
        name, user = form.cleaned_data["name"], by(request)
        said = {"clusters": counted(len(rows)), "name": name}
        acts = [partial(naming.name_cluster, each, name, by=user) for each in rows]
        edit(request, owner, *acts, done=_("Named %(clusters)s %(name)s.") % said)
    return None


@admin.action(description=gettext_lazy("Split by who looks alike…"), permissions=["change"])
def split_apart(
    page: Page, request: HttpRequest, clusters: QuerySet[Cluster]
) -> HttpResponse | None:
    with refusals_told(request):
        rows, owner = chosen(clusters, _owner)
        if len(rows) > 1:
            raise NotTogether("Choose one cluster: each is looked at by itself.")
        [cluster] = rows
        parts = splitting.parts(cluster, active_space())
        said = {"label": cluster.label, "count": len(parts)}
        if answered(request) is None:
            question = Question(
                title=_("%(label)s would be %(count)s clusters") % said,
                words=[_("Faces that look like nobody else of the cluster stay.")],
                parts=[_worded(*each) for each in enumerate(splitting.shown(parts))],
            )
            return ask(request, page, rows, question)
        act = partial(placing.split_apart, cluster, parts[1:], by=by(request))
        edit(request, owner, act, done=_("Split into %(count)s clusters.") % said)
    return None


@admin.action(description=gettext_lazy("Reject: not this person…"), permissions=["change"])
def reject(page: Page, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
    def acts(rows: Sequence[Cluster]) -> Iterable[Act]:
        if unnamed := [each.label for each in rows if each.person is None]:
            raise NotTogether(f"{unnamed[0]} has no name: there is nobody to say no to.")
        for each in rows:
            assert each.person  # noqa: S101  # checked
            yield partial(placing.reject, each.owner, _faces(each), each.person, by=by(request))

    return _confirmed(
        page,
        request,
        clusters,
        acts,
        title=_("Not who they are named as: %(clusters)s"),
        words=_("Their faces go out of the cluster, and are never taken for that person again."),
        done=_("Rejected %(clusters)s."),
    )


@admin.action(description=gettext_lazy("Take apart…"), permissions=["change"])
def take_apart(
    page: Page, request: HttpRequest, clusters: QuerySet[Cluster]
) -> HttpResponse | None:
    def acts(rows: Sequence[Cluster]) -> Iterable[Act]:
        faces = [face for each in rows for face in _faces(each)]
        yield partial(placing.remove, rows[0].owner, faces, by=by(request))

    return _confirmed(
        page,
        request,
        clusters,
        acts,
        title=_("Take %(clusters)s apart"),
        words=_("Their faces will be of no cluster. They may be matched again."),
        done=_("Took %(clusters)s apart."),
    )


@admin.action(description=gettext_lazy("Hide…"), permissions=["change"])
def hide(page: Page, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
    return _confirmed(
        page,
        request,
        clusters,
        _marking(request, hidden=True),
        title=_("Hide %(clusters)s"),
        words=_("They will not be shown in lists."),
        done=_("Hid %(clusters)s."),
    )


@admin.action(description=gettext_lazy("Show again…"), permissions=["change"])
def show(page: Page, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
    return _confirmed(
        page,
        request,
        clusters,
        _marking(request, hidden=False),
        title=_("Show again: %(clusters)s"),
        words=_("They will be in lists again."),
        done=_("No longer hidden: %(clusters)s."),
    )


@admin.action(description=gettext_lazy("Ignore: match no face with them…"), permissions=["change"])
def ignore(page: Page, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
    return _confirmed(
        page,
        request,
        clusters,
        _marking(request, ignored=True),
        title=_("Ignore %(clusters)s"),
        words=_("No new face will be matched with them."),
        done=_("Ignored %(clusters)s."),
    )


@admin.action(description=gettext_lazy("Ignore no more…"), permissions=["change"])
def unignore(page: Page, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
    return _confirmed(
        page,
        request,
        clusters,
        _marking(request, ignored=False),
        title=_("Ignore no more: %(clusters)s"),
        words=_("New faces may be matched with them again."),
        done=_("No longer ignored: %(clusters)s."),
    )


@admin.action(description=gettext_lazy("Erase the person for good…"), permissions=["erase"])
def erase(page: Page, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
    """To the page that erases somebody: it asks for the name."""
    person = None
    with refusals_told(request):
        rows, _of = chosen(clusters, _owner)
        person = _one_person(rows)
    return redirect("admin:faces_person_erase", person) if person else None


def _confirmed(
    page: Page,
    request: HttpRequest,
    clusters: QuerySet[Cluster],
    acts: Callable[[Sequence[Cluster]], Iterable[Act]],
    **told: str,
) -> HttpResponse | None:
    """Ask whether it is meant; then do it."""
    with refusals_told(request):
        rows, owner = chosen(clusters, _owner)
        wanted, said = list(acts(rows)), {"clusters": counted(len(rows))}
        if answered(request) is None:
            question = Question(
                title=told["title"] % said, words=[told["words"]], parts=groups(rows)
            )
            return ask(request, page, rows, question)
        edit(request, owner, *wanted, done=told["done"] % said)
    return None


def _marking(request: HttpRequest, **marks: bool) -> Callable[[Sequence[Cluster]], Iterable[Act]]:
    return lambda rows: [partial(placing.mark, each, by=by(request), **marks) for each in rows]


def groups(clusters: Iterable[Cluster]) -> list[tuple[str, list[str]]]:
    """Who each is, and some of its faces."""
    return [
        (
            f"{each.person or each.label}: {counted_faces(each.face_count)}",
            [face.crop.url for face in each.sample],
        )
        for each in clusters
    ]


def counted(count: int) -> str:
    return ngettext("%(count)s cluster", "%(count)s clusters", count) % {"count": count}


def counted_faces(count: int) -> str:
    return ngettext("%(count)s face", "%(count)s faces", count) % {"count": count}


def _owner(cluster: Cluster) -> Owner:
    return cluster.owner


def _one_person(clusters: Sequence[Cluster]) -> int:
    people = {each.person_id for each in clusters}
    if len(people) > 1:
        raise NotTogether("Choose clusters of one person: each is erased by themselves.")
    [person] = people
    if person is None:
        raise NotTogether("Name it first: who is erased is a person, with all that is theirs.")
    return person


def _faces(cluster: Cluster) -> list[int]:
    return list(cluster.memberships.order_by("face").values_list("face_id", flat=True))


def _worded(number: int, part: splitting.LookAlikes) -> tuple[str, list[str]]:
    words = _("stay") if number == 0 else _("become a cluster")
    return f"{counted_faces(part.face_count)} {words}", [face.crop.url for face in part.sample]
