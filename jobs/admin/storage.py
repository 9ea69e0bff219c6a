"""Storages that announce their photos, for staff."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models import StorageSource
from jobs.models.outside import new_secret
from jobs.services import fetch_policy
from photos.admin import OwnerFilter, only_owner
from photos.errors import PhotoError
from photos.fetch import check_url
from photos.operations import OPERATIONS
from photos.staff import ReasonForm, note


class StorageForm(forms.ModelForm[StorageSource]):
    operations = forms.MultipleChoiceField(
        label=_("Operations"),
        choices=[(name, name) for name in OPERATIONS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: all of them."),
    )

    class Meta:
        model = StorageSource
        fields = ("owner", "bucket", "base_url", "operations", "priority", "enabled")

    def clean_base_url(self) -> str:
        """Raises ValidationError if photos can't be fetched from there."""
        url: str = self.cleaned_data["base_url"]
        if "?" in url:
            raise ValidationError(_("Give a URL without a query: keys are put at its end."))
        try:
            check_url(url, fetch_policy())
        except PhotoError as exc:
            raise ValidationError(
                _("%(trouble)s A private host wants FETCH_ALLOWED_HOSTS.") % {"trouble": exc}
            ) from exc
        return url.rstrip("/")


@admin.register(StorageSource)
class StorageSourceAdmin(admin.ModelAdmin[StorageSource]):
    """Without the secrets: each is shown once, to whoever has it made."""

    form = StorageForm
    list_display = ("bucket", "base_url", "told", "priority", "enabled", "of", "created_at")
    list_filter = ("enabled", ("owner", OwnerFilter))
    list_select_related = ("owner",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("bucket", "base_url", "owner__subject")
    search_help_text = _("A bucket, an address, or an owner")
    autocomplete_fields = ("owner",)
    ordering = ("-pk",)
    actions = ("rotate",)
    action_form = ReasonForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[StorageSource]:
        return super().get_queryset(request).defer("secret")

    @admin.display(description=_("Operations"))
    def told(self, source: StorageSource) -> str:
        return ", ".join(source.operations) or gettext("all")

    @admin.display(description=_("Owner"), ordering="owner__subject")
    def of(self, source: StorageSource) -> SafeString:
        return only_owner(source.owner)

    def save_model(self, request: HttpRequest, obj: StorageSource, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            self._show(request, obj, obj.secret)

    @admin.action(description=_("Make a new secret"), permissions=["change"])
    def rotate(self, request: HttpRequest, sources: QuerySet[StorageSource]) -> None:
        for source in sources:
            secret = new_secret()
            StorageSource.objects.filter(pk=source.pk).update(secret=secret)
            self._show(request, source, secret)
        note(request, sources, gettext("Made a new secret."))

    def _show(self, request: HttpRequest, source: StorageSource, secret: str) -> None:
        text = _("The secret of %(name)s, shown this once: %(secret)s")
        said = {"name": source.bucket, "secret": secret}
        self.message_user(request, text % said, messages.WARNING)
