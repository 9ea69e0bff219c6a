"""The pages that change people, for staff, as far as they span the house."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from faces.admin.clusters import ClusterAdmin
from faces.admin.doing import EditingAdmin, by, refusals_told
from faces.admin.edits import EditAdmin
from faces.admin.faces import FaceAdmin
from faces.admin.people import PersonAdmin, biggest_clusters
from faces.models import Cluster, Edit, Face, Person
from faces.people.naming import tidy_name
from jobs.admin.erasing import erase_clusters
from jobs.aftermath import follow
from jobs.erasure import erase
from photos.models import Owner
from photos.staff import note

M = TypeVar("M", bound=Model)


class ErasingForm(forms.Form):
    """That somebody is really meant."""

    confirm = forms.CharField(
        label=_("Name"),
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, data: Any, *, person: Person) -> None:
        super().__init__(data)
        self._person = person

    def clean_confirm(self) -> str:
        typed = tidy_name(self.cleaned_data["confirm"])
        if typed != self._person.name:
            raise forms.ValidationError(_("That is not the person's name: type it as it is now."))
        return typed


class FollowedAdmin(EditingAdmin[M]):
    """What follows from an edit is done as well, as the API does it."""

    def edit(
        self, request: HttpRequest, owner: Owner, *acts: Callable[[], Any], done: str
    ) -> list[Edit]:
        made = super().edit(request, owner, *acts, done=done)
        follow(owner, *(each.pk for each in made))
        return made


@admin.register(Edit)
class FollowedEditAdmin(FollowedAdmin[Edit], EditAdmin):
    pass


@admin.register(Face)
class FollowedFaceAdmin(FollowedAdmin[Face], FaceAdmin):
    pass


@admin.register(Cluster)
class ErasableClusterAdmin(FollowedAdmin[Cluster], ClusterAdmin):
    actions = (*ClusterAdmin.actions, erase_clusters)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("faces.delete_person")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **values: Any
    ) -> HttpResponse:
        shown = context | {"can_erase": self.has_erase_permission(request)}
        return super().render_change_form(request, shown, *args, **values)


@admin.register(Person)
class ErasablePersonAdmin(FollowedAdmin[Person], PersonAdmin):
    def get_urls(self) -> list[URLPattern]:
        erasing = self.admin_site.admin_view(self.erase_view)
        return [path("<int:pk>/erase/", erasing, name="faces_person_erase"), *super().get_urls()]

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("faces.delete_person")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **values: Any
    ) -> HttpResponse:
        shown = context | {"can_erase": self.has_erase_permission(request)}
        return super().render_change_form(request, shown, *args, **values)

    def erase_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the name, and then erase them. There is no way back."""
        if not self.has_erase_permission(request):
            raise PermissionDenied
        person = get_object_or_404(self.get_queryset(request).select_related("owner"), pk=pk)
        form = ErasingForm(request.POST or None, person=person)
        if not form.is_valid():
            shown = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": person,
                "clusters": biggest_clusters(person),
                "title": _("Erase %(name)s") % {"name": person},
                "form": form,
            }
            return TemplateResponse(request, "admin/faces/person/erase.html", shown)
        with refusals_told(request):
            receipt = erase(person.owner, pk, by=by(request))
            note(request, [receipt], gettext("Erased somebody for good."))
            done = _("Erased for good: the receipt is number %(number)d.") % {"number": receipt.pk}
            messages.success(request, done)
        return redirect("admin:faces_person_changelist")
