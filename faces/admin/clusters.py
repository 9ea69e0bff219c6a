"""Clusters, for staff: a gallery, to say who everybody is, and a page to sort out the faces."""

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from faces.admin import cluster_actions
from faces.admin.doing import (
    EditedAdmin,
    answered,
    ask,
    by,
    history_of,
    names_like,
    names_offered,
    refusals_told,
)
from faces.admin.filters import FirstFilter, HiddenFilter, NamedFilter, key_of
from faces.admin.members import act_on, best_of, question
from faces.forms import ChosenFacesForm, NamingForm
from faces.models import MAX_NAME, Cluster, Person
from faces.people import naming
from photos.admin import OwnerFilter
from photos.long_lists import LongList
from photos.models import Owner

# The actions beside the gallery, in short words, and their keys; the later ones are seldom wanted.
DESK: Mapping[str, tuple[Any, str]] = {
    "merge": (gettext_lazy("Merge"), "m"),
    "name_as": (pgettext_lazy("to do", "Name"), "n"),
    "split_apart": (gettext_lazy("Split"), "s"),
    "move": (gettext_lazy("Move"), "v"),
    "reject": (gettext_lazy("Not them"), "x"),
    "hide": (gettext_lazy("Hide"), "h"),
    "ignore": (gettext_lazy("Ignore"), "i"),
    "show": (gettext_lazy("Show again"), ""),
    "unignore": (gettext_lazy("Ignore no more"), ""),
    "take_apart": (gettext_lazy("Take apart"), "t"),
    "erase": (gettext_lazy("Erase for good"), "e"),
}
OFTEN = 7  # of them are always in sight


class Gallery(LongList):
    def get_results(self, request: HttpRequest) -> None:
        """Each knows the next one, which is to be named after it."""
        super().get_results(request)
        for cluster, after in pairwise(self.result_list):
            cluster.next_pk = after.pk

    @property
    def sorts(self) -> list[tuple[str, str, bool]]:
        """Ways to sort: in words, by what address, and whether it is this one."""
        name, given = FirstFilter.parameter_name, self.params.get(FirstFilter.parameter_name)
        ways = [(None, _("Biggest first")), ("doubt", _("Most uncertain first"))]
        return [(words, self.get_query_string({name: way}), given == way) for way, words in ways]


class ClusterAdmin(EditedAdmin[Cluster]):
    """A gallery, biggest first, to say who everybody is. `jobs` registers it, with erasing."""

    form = NamingForm
    list_per_page = 36  # pictures of nine faces each
    list_display = ("label",)  # what the cards show is no columns, and sorted by none
    list_filter = (NamedFilter, HiddenFilter, FirstFilter, "ignored", ("owner", OwnerFilter))
    search_fields = ("person__name", "public_id", "owner__subject")
    search_help_text = gettext_lazy("A person's name, a cluster's label, or an owner")
    actions: tuple[Any, ...] = (
        cluster_actions.merge,
        cluster_actions.name_as,
        cluster_actions.split_apart,
        cluster_actions.move,
        cluster_actions.reject,
        cluster_actions.hide,
        cluster_actions.show,
        cluster_actions.ignore,
        cluster_actions.unignore,
        cluster_actions.take_apart,
    )
    actions_selection_counter = False  # its script knows tables alone
    readonly_fields = (
        "person", "label", "public_id", "owner", "space", "created_at", "hidden", "ignored",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cluster]:
        """With their tallies, of which each has one: an inner join, whose index sorts them."""
        return Cluster.objects.with_faces().filter(tally__isnull=False).select_related("tally")

    def get_changelist(self, request: HttpRequest, **values: Any) -> type[ChangeList]:
        return Gallery

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        first = request.GET.get(FirstFilter.parameter_name)
        return ("-tally__doubt" if first == "doubt" else "-tally__face_count", "pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Cluster], search_term: str
    ) -> tuple[QuerySet[Cluster], bool]:
        """By who it is, the beginning of a label, or the owner: each is looked up by itself."""
        if not (words := search_term.replace("\0", "").strip()):
            return queryset, False
        number = words.removeprefix("unknown_cluster_").removeprefix("clu_")
        people = Person.objects.filter(name__icontains=words)
        owners = Owner.objects.filter(subject__icontains=words)
        found = Q(public_id__startswith=f"clu_{number}") | Q(person__in=people.values("pk"))
        return queryset.filter(found | Q(owner__in=owners.values("pk"))), False

    def get_fields(self, request: HttpRequest, obj: Cluster | None = None) -> list[Any]:
        who = "name" if self.has_change_permission(request, obj) else "person"
        return [
            who,
            ("label", "public_id"),
            ("owner", "created_at"),
            "space",
            ("hidden", "ignored"),
        ]

    @admin.display(description=gettext_lazy("Label"))
    def label(self, cluster: Cluster) -> str:
        return cluster.label

    def get_urls(self) -> list[URLPattern]:
        name = self.admin_site.admin_view(self.name_view)
        faces = self.admin_site.admin_view(self.faces_view)
        names = self.admin_site.admin_view(self.names_view)
        return [
            path("names/", names, name="faces_cluster_names"),
            path("<int:pk>/name/", name, name="faces_cluster_name"),
            path("<int:pk>/faces/", faces, name="faces_cluster_faces"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        desk = self._desk(request)
        shown = {
            "can_name": self.has_change_permission(request),
            "desk": desk[:OFTEN],
            "seldom": desk[OFTEN:],
            "names": names_offered(),
            "name_length": MAX_NAME,
        }
        return super().changelist_view(request, shown | (extra_context or {}))

    def _desk(self, request: HttpRequest) -> list[dict[str, Any]]:
        """What this user may do with the chosen clusters."""
        may = dict(self.get_action_choices(request, default_choices=[]))
        return [
            {"action": action, "words": words, "key": key, "title": may[action]}
            for action, (words, key) in DESK.items()
            if action in may
        ]

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
            "members": best_of(cluster),
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
        next_one = key_of(request.POST.get("next", "")) or pk
        return HttpResponseRedirect(f"{back['Location']}#cluster-{next_one}")

    def names_view(self, request: HttpRequest) -> JsonResponse:
        """People of an owner whose name, or an alias, has the letters `q`: as somebody types."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        owner, typed = key_of(request.GET.get("owner", "")), request.GET.get("q", "")
        return JsonResponse({"names": names_like(owner, typed)})

    @method_decorator(require_POST)
    def faces_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do something with some of its faces, and go back to its page."""
        cluster = self._changeable(request, pk)
        form = ChosenFacesForm(request.POST, cluster=cluster)
        if form.is_valid():
            with refusals_told(request):
                act, done = act_on(cluster, form.cleaned_data, by=by(request))
                if form.cleaned_data["do"] != "confirm" and answered(request) is None:
                    return ask(request, self, [], question(cluster, form.cleaned_data))
                self.edit(request, cluster.owner, act, done=done)
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
        self.edit(request, obj.owner, act, done=_("Named %(name)s.") % {"name": name})
