"""What staff do with clusters that they have chosen in the gallery.

Each action shows what will change, in pictures, and is done when that is confirmed.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from faces import splitting
from faces.admin.confirming import Confirming, each
from faces.admin.doing import (
    Act,
    EditingAdmin,
    NotTogether,
    Question,
    answered,
    ask,
    by,
    chosen,
    names_offered,
    refusals_told,
)
from faces.admin.members import called
from faces.forms import ClusterMergingForm, NameForm, TargetForm
from faces.models import Cluster, Membership
from faces.people import merging, naming, placing
from faces.recognition import active_space
from photos.models import Owner

Page = EditingAdmin[Cluster]


@admin.action(description=gettext_lazy("Merge…"), permissions=["change"])
def merge(page: Page, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
    with refusals_told(request):
        rows, owner = chosen(clusters, owner_of, least=2)
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
        page.edit(
            request, owner, act, done=_("Merged %(clusters)s.") % {"clusters": counted(len(rows))}
        )
    return None


@admin.action(description=gettext_lazy("Move into another cluster…"), permissions=["change"])
def move(page: Page, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
    with refusals_told(request):
        rows, owner = chosen(clusters, owner_of)
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
        page.edit(request, owner, act, done=_("Moved %(clusters)s into %(into)s.") % said)
    return None


@admin.action(description=gettext_lazy("Name…"), permissions=["change"])
def name_as(page: Page, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
    with refusals_told(request):
        rows, owner = chosen(clusters, owner_of)
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
        page.edit(request, owner, *acts, done=_("Named %(clusters)s %(name)s.") % said)
    return None


@admin.action(description=gettext_lazy("Split by who looks alike…"), permissions=["change"])
def split_apart(
    page: Page, request: HttpRequest, clusters: QuerySet[Cluster]
) -> HttpResponse | None:
    with refusals_told(request):
        rows, owner = chosen(clusters, owner_of)
        if len(rows) > 1:
            raise NotTogether(_("Choose one cluster: each is looked at by itself."))
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
        page.edit(request, owner, act, done=_("Split into %(count)s clusters.") % said)
    return None


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


def owner_of(cluster: Cluster) -> Owner:
    return cluster.owner


def _said(clusters: Sequence[Cluster]) -> dict[str, str]:
    return {"clusters": counted(len(clusters))}


def _rejecting(clusters: Sequence[Cluster], user: User) -> Iterator[Act]:
    if unnamed := [cluster.label for cluster in clusters if cluster.person is None]:
        raise NotTogether(
            _("%(label)s has no name: there is nobody to say no to.") % {"label": unnamed[0]}
        )
    for cluster in clusters:
        assert cluster.person  # noqa: S101  # checked
        faces = _faces([cluster])
        yield partial(placing.reject, cluster.owner, faces, cluster.person, by=user)


def _taking_apart(clusters: Sequence[Cluster], user: User) -> Iterator[Act]:
    yield partial(placing.remove, clusters[0].owner, _faces(clusters), by=user)


def _faces(clusters: Sequence[Cluster]) -> list[int]:
    there = Membership.objects.filter(part__cluster__in=clusters).order_by("face")
    return list(there.values_list("face_id", flat=True))


def _worded(number: int, part: splitting.LookAlikes) -> tuple[str, list[str]]:
    words = _("stay") if number == 0 else _("become a cluster")
    return f"{counted_faces(part.face_count)} {words}", [face.crop.url for face in part.sample]


CONFIRMING = Confirming(owner_of, _said, groups)
reject = CONFIRMING.action(
    "reject",
    gettext_lazy("Reject: not this person…"),
    _rejecting,
    title=gettext_lazy("Not who they are named as: %(clusters)s"),
    words=gettext_lazy(
        "Their faces go out of the cluster, and are never taken for that person again."
    ),
    done=gettext_lazy("Rejected %(clusters)s."),
)
take_apart = CONFIRMING.action(
    "take_apart",
    gettext_lazy("Take apart…"),
    _taking_apart,
    title=gettext_lazy("Take %(clusters)s apart"),
    words=gettext_lazy("Their faces will be of no cluster. They may be matched again."),
    done=gettext_lazy("Took %(clusters)s apart."),
)
hide = CONFIRMING.action(
    "hide",
    gettext_lazy("Hide…"),
    each(placing.mark, hidden=True),
    title=gettext_lazy("Hide %(clusters)s"),
    words=gettext_lazy("They will not be shown in lists."),
    done=gettext_lazy("Hid %(clusters)s."),
)
show = CONFIRMING.action(
    "show",
    gettext_lazy("Show again…"),
    each(placing.mark, hidden=False),
    title=gettext_lazy("Show again: %(clusters)s"),
    words=gettext_lazy("They will be in lists again."),
    done=gettext_lazy("No longer hidden: %(clusters)s."),
)
ignore = CONFIRMING.action(
    "ignore",
    gettext_lazy("Ignore: match no face with them…"),
    each(placing.mark, ignored=True),
    title=gettext_lazy("Ignore %(clusters)s"),
    words=gettext_lazy("No new face will be matched with them."),
    done=gettext_lazy("Ignored %(clusters)s."),
)
unignore = CONFIRMING.action(
    "unignore",
    gettext_lazy("Ignore no more…"),
    each(placing.mark, ignored=False),
    title=gettext_lazy("Ignore no more: %(clusters)s"),
    words=gettext_lazy("New faces may be matched with them again."),
    done=gettext_lazy("No longer ignored: %(clusters)s."),
)
