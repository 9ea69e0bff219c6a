"""Erasing those whom nobody has named, from the gallery and from the page of a cluster."""

from collections.abc import Sequence

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from faces.admin.cluster_actions import counted, counted_faces, groups, owner_of
from faces.admin.doing import NotTogether, Question, answered, ask, by, chosen, refusals_told
from faces.models import Cluster
from jobs import erasure
from photos.staff import note


class SureForm(forms.Form):
    """That it is really meant: of a person one types the name."""

    sure = forms.BooleanField(label=gettext_lazy("Yes, for good: this can't be undone"))


@admin.action(description=gettext_lazy("Erase for good…"), permissions=["erase"])
def erase_clusters(
    page: admin.ModelAdmin[Cluster], request: HttpRequest, clusters: QuerySet[Cluster]
) -> HttpResponse | None:
    """Of somebody: to the page that erases them. Of nobody: the clusters with all their faces."""
    with refusals_told(request):
        rows, owner = chosen(clusters, owner_of)
        if person := _one_person(rows):
            return redirect("admin:faces_person_erase", person)
        form = SureForm(answered(request))
        if not form.is_valid():
            return ask(request, page, rows, _question(rows, form))
        keys = [each.pk for each in rows]
        receipt = erasure.erase_clusters(owner, keys, by=by(request))
        note(request, [receipt], _("Erased somebody for good."))
        done = _("Erased for good: the receipt is number %(number)s.")
        messages.success(request, done % {"number": receipt.pk})
    return None


erase_clusters.__name__ = "erase"  # as it is called in the gallery


def _question(clusters: Sequence[Cluster], form: SureForm) -> Question:
    faces = counted_faces(sum(each.face_count for each in clusters))
    return Question(
        title=_("Erase %(clusters)s for good") % {"clusters": counted(len(clusters))},
        form=form,
        words=[
            _("%(faces)s will go, with their pictures and all that models have seen in them.")
            % {"faces": faces},
            _("The photos stay. Where these faces were, none is looked for again."),
        ],
        parts=groups(clusters),
    )


def _one_person(clusters: Sequence[Cluster]) -> int | None:
    """Whose they all are; None: nobody's.

    Raises:
        NotTogether: they are of several people, or some of them are nobody's.
    """
    people = {each.person_id for each in clusters}
    if len(people) > 1:
        raise NotTogether(
            _("Choose clusters of one person, or of nobody: each is erased by themselves.")
        )
    return people.pop()
