"""The pages of people and edits, for staff, as far as they span the house."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from faces.admin.doing import by, refusals_told
from faces.admin.edits import EditAdmin
from faces.admin.people import PersonAdmin, biggest_clusters
from faces.models import Edit, Person
from faces.people.naming import tidy_name
from jobs import looking
from jobs.aftermath import follow
from jobs.erasure import erase
from photos.staff import note


class ErasingForm(forms.Form):
    """That somebody is really meant."""

    confirm = forms.CharField(
        label="Name",
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, data: Any, *, person: Person) -> None:
        super().__init__(data)
        self._person = person

    def clean_confirm(self) -> str:
        typed = tidy_name(self.cleaned_data["confirm"])
        if typed != self._person.name:
            raise forms.ValidationError("That is not the person's name: type it as it is now.")
        return typed


@admin.register(Edit)
class FollowedEditAdmin(EditAdmin):
    def take_back(self, request: HttpRequest, edits: Sequence[Edit]) -> None:
        """As there; and then all that follows from it."""
        super().take_back(request, edits)
        keys = [each.pk for each in edits]
        for undone in Edit.objects.filter(undoes__in=keys).select_related("owner").order_by("pk"):
            follow(undone.owner, undone.pk)


@admin.register(Person)
class ErasablePersonAdmin(PersonAdmin):
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

    def save_model(
        self,
        request: HttpRequest,
        obj: Person,
        form: forms.ModelForm[Person],
        change: bool,  # noqa: FBT001  # Django's signature
    ) -> None:
        super().save_model(request, obj, form, change)
        if "unrecognised" in form.changed_data and not obj.unrecognised:
            looking.ask(obj.owner)

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
                "title": f"Erase {person}",
                "form": form,
            }
            return TemplateResponse(request, "admin/faces/person/erase.html", shown)
        with refusals_told(request):
            receipt = erase(person.owner, pk, by=by(request))
            note(request, [receipt], "Erased somebody for good.")
            messages.success(request, f"Erased for good: the receipt is number {receipt.pk}.")
        return redirect("admin:faces_person_changelist")
