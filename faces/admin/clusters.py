"""Clusters, for staff: a gallery, to say who everybody is, and a page to sort out the faces."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from faces import splitting
from faces.admin.doing import (
    EditedAdmin,
    NotTogether,
    Question,
    answered,
    ask,
    by,
    chosen,
    edit,
    history_of,
    names_offered,
    refusals_told,
)
from faces.admin.filters import HiddenFilter, NamedFilter
from faces.admin.members import act_on
from faces.forms import ChosenFacesForm, NameForm, NamingForm
from faces.models import MAX_NAME, Cluster, Membership
from faces.people import merging, naming, placing
from faces.recognition import active_space
from photos.admin import OwnerFilter
from photos.models import Owner

FACES_SHOWN = 200  # of a cluster, on its page


@admin.register(Cluster)
class ClusterAdmin(EditedAdmin[Cluster]):
    """A gallery, biggest first, to say who everybody is."""

    form = NamingForm
    list_display = ("label", "person", "owner")
    list_filter = (NamedFilter, HiddenFilter, "ignored", ("owner", OwnerFilter))
    search_fields = ("person__name", "public_id", "owner__subject")
    search_help_text = "A person's name, a cluster's label, or an owner"
    actions = (
        "merge",
        "name_as",
        "hide",
        "show",
        "ignore",
        "unignore",
        "split_apart",
        "take_apart",
    )
    actions_selection_counter = False  # its script knows tables alone
    readonly_fields = (
        "person", "label", "public_id", "owner", "space", "created_at", "hidden", "ignored",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cluster]:
        return Cluster.objects.with_faces()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-face_count", "pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Cluster], search_term: str
    ) -> tuple[QuerySet[Cluster], bool]:
        term = search_term.strip().removeprefix("unknown_cluster_")
        return super().get_search_results(request, queryset, term)

    def get_fields(self, request: HttpRequest, obj: Cluster | None = None) -> list[Any]:
        who = "name" if self.has_change_permission(request, obj) else "person"
        return [
            who,
            ("label", "public_id"),
            ("owner", "created_at"),
            "space",
            ("hidden", "ignored"),
        ]

    def get_urls(self) -> list[URLPattern]:
        name = self.admin_site.admin_view(self.name_view)
        faces = self.admin_site.admin_view(self.faces_view)
        return [
            path("<int:pk>/name/", name, name="faces_cluster_name"),
            path("<int:pk>/faces/", faces, name="faces_cluster_faces"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = {
            "can_name": self.has_change_permission(request),
            "names": names_offered(),
            "name_length": MAX_NAME,
        }
        return super().changelist_view(request, shown | (extra_context or {}))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: object = None
    ) -> HttpResponse:
        return history_of(self, request, object_id)

    # --- Its page -------------------------------------------------------------------------------

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **values: Any
    ) -> HttpResponse:
        cluster: Cluster = context["original"]
        context |= {
            "members": _best_members(cluster),
            "can_change": self.has_change_permission(request, cluster),
            "names": names_offered(cluster.owner),
            "name_length": MAX_NAME,
        }
        return super().render_change_form(request, context, *args, **values)

    @method_decorator(require_POST)
    def name_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Name a cluster from the gallery, and go back to it there."""
        cluster = self._changeable(request, pk)
        back = self.response_post_save_change(request, cluster)
        form = NamingForm(request.POST, instance=cluster)
        if not form.is_valid():
            error = form.errors["name"][0]
            self.message_user(request, f"{cluster.label}: {error}", messages.ERROR)
            return back
        with refusals_told(request):
            self.save_model(request, cluster, form, change=True)
        return HttpResponseRedirect(f"{back['Location']}#cluster-{pk}")

    @method_decorator(require_POST)
    def faces_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do something with some of its faces, and go back to its page."""
        cluster = self._changeable(request, pk)
        form = ChosenFacesForm(request.POST, cluster=cluster)
        if form.is_valid():
            with refusals_told(request):
                act, done = act_on(cluster, form.cleaned_data, by=by(request))
                edit(request, cluster.owner, act, done=done)
        else:
            for errors in form.errors.values():
                self.message_user(request, str(errors[0]), messages.ERROR)
        if Cluster.objects.filter(pk=pk).exists():
            return redirect("admin:faces_cluster_change", pk)
        return redirect("admin:faces_cluster_changelist")

    def _changeable(self, request: HttpRequest, pk: int) -> Cluster:
        cluster = get_object_or_404(Cluster.objects.select_related("person", "owner"), pk=pk)
        if not self.has_change_permission(request, cluster):
            raise PermissionDenied
        return cluster

    def save_model(
        self,
        request: HttpRequest,
        obj: Cluster,
        form: forms.ModelForm[Cluster],
        change: bool,  # noqa: FBT001  # Django's signature
    ) -> None:
        """The name is all that can change."""
        name = form.cleaned_data["name"]
        act = partial(naming.name_cluster, obj, name, by=by(request))
        edit(request, obj.owner, act, done=f"Named {name}.")

    # --- Actions --------------------------------------------------------------------------------

    @admin.action(description="Merge into the biggest", permissions=["change"])
    def merge(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> None:
        with refusals_told(request):
            rows, owner = chosen(clusters, _owner, least=2)
            biggest_first = sorted(rows, key=lambda each: (-each.face_count, each.pk))
            into, *others = [each.public_id for each in biggest_first]
            act = partial(merging.merge, owner, into, others, by=by(request))
            edit(request, owner, act, done=f"Merged {len(rows)} clusters.")

    @admin.action(description="Name…", permissions=["change"])
    def name_as(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
        with refusals_told(request):
            rows, owner = chosen(clusters, _owner)
            form = NameForm(answered(request))
            if not form.is_valid():
                question = Question(
                    form=form,
                    title=f"Who they are: {_counted(len(rows))}",
                    pictures=(each.sample[0].face.crop.url for each in rows if each.sample),
                    names=names_offered(owner),
                )
                return ask(request, self, rows, question)
            name, user = form.cleaned_data["name"], by(request)
            acts = [partial(naming.name_cluster, each, name, by=user) for each in rows]
            edit(request, owner, *acts, done=f"Named {_counted(len(rows))} {name}.")
        return None

    @admin.action(description="Hide", permissions=["change"])
    def hide(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> None:
        self._mark(request, clusters, "Hid", hidden=True)

    @admin.action(description="Show again", permissions=["change"])
    def show(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> None:
        self._mark(request, clusters, "No longer hidden:", hidden=False)

    @admin.action(description="Ignore: match no face with them", permissions=["change"])
    def ignore(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> None:
        self._mark(request, clusters, "Ignored", ignored=True)

    @admin.action(description="Ignore no more", permissions=["change"])
    def unignore(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> None:
        self._mark(request, clusters, "No longer ignored:", ignored=False)

    def _mark(
        self, request: HttpRequest, clusters: QuerySet[Cluster], done: str, **marks: bool
    ) -> None:
        with refusals_told(request):
            rows, owner = chosen(clusters, _owner)
            acts = [partial(placing.mark, each, by=by(request), **marks) for each in rows]
            edit(request, owner, *acts, done=f"{done} {_counted(len(rows))}.")

    @admin.action(description="Split by who looks alike…", permissions=["change"])
    def split_apart(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> HttpResponse | None:
        with refusals_told(request):
            rows, owner = chosen(clusters, _owner)
            if len(rows) > 1:
                raise NotTogether("Choose one cluster: each is looked at by itself.")
            [cluster] = rows
            parts = splitting.parts(cluster, active_space())
            if answered(request) is None:
                question = Question(
                    form=forms.Form(),
                    title=f"{cluster.label} would be {len(parts)} clusters",
                    pictures=(),
                    parts=[_worded(*each) for each in enumerate(splitting.shown(parts))],
                )
                return ask(request, self, rows, question)
            act = partial(placing.split_apart, cluster, parts[1:], by=by(request))
            edit(request, owner, act, done=f"Split into {len(parts)} clusters.")
        return None

    @admin.action(description="Take apart: take all faces out", permissions=["change"])
    def take_apart(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> None:
        with refusals_told(request):
            rows, owner = chosen(clusters, _owner)
            members = Membership.objects.filter(part__cluster__in=[each.pk for each in rows])
            faces = list(members.values_list("face_id", flat=True))
            act = partial(placing.remove, owner, faces, by=by(request))
            edit(request, owner, act, done=f"Took {_counted(len(rows))} apart.")


def _owner(cluster: Cluster) -> Owner:
    return cluster.owner


def _counted(count: int) -> str:
    return "1 cluster" if count == 1 else f"{count} clusters"


def _worded(number: int, part: splitting.LookAlikes) -> tuple[str, list[str]]:
    words = "stay" if number == 0 else "become a cluster"
    return f"{part.face_count} faces {words}", [face.crop.url for face in part.sample]


def _best_members(cluster: Cluster) -> list[Membership]:
    members = cluster.memberships.select_related("face").order_by("-face__quality", "pk")
    return list(members[:FACES_SHOWN])
