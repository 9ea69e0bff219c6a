"""API keys for staff: who comes in, what they may do, and making, rotating and revoking keys."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from config.access import keys
from config.access.keys import Terms
from config.access.scopes import EVERYDAY, Scope
from config.models import ApiKey
from photos.admin import OwnerFilter, only_owner
from photos.staff import ReasonForm, note


class ApiKeyForm(forms.ModelForm[ApiKey]):
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=Scope.choices,
        initial=sorted(EVERYDAY),
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ApiKey
        fields = ("name", "user", "owner", "scopes", "expires_at")

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        known = ApiKey.objects.filter(user=asked.get("user"), name=asked.get("name", ""))
        if known.filter(revoked_at=None).exists():
            self.add_error("name", _("The user has a key of this name: choose another one."))
        ends = asked.get("expires_at")
        if ends and ends <= timezone.now():
            self.add_error("expires_at", _("That is over already."))
        return asked


class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
    """A key is shown once, where it is made or rotated. Only a superuser can do so.

    Whoever could make keys of all users could do what any of them may.
    """

    form = ApiKeyForm
    list_display = ("name", "prefix", "state", "user", "whose", "may", "expires_at", "used_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), ("owner", OwnerFilter))
    list_select_related = ("user", "owner")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "prefix", "user__username", "owner__subject")
    search_help_text = _("A key's name, how it begins, its user, or an owner")
    autocomplete_fields = ("user", "owner")
    ordering = ("-pk",)
    actions = ("rotate", "revoke")
    action_form = ReasonForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return super().get_queryset(request).defer("digest", "old_digest")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk, **super().get_changeform_initial_data(request)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def save_model(
        self,
        request: HttpRequest,
        obj: ApiKey,
        form: forms.ModelForm[ApiKey],
        change: bool,  # noqa: FBT001  # as the admin calls it
    ) -> None:
        scopes = frozenset(map(Scope, obj.scopes))
        terms = Terms(obj.name, obj.user, scopes, owner=obj.owner, expires_at=obj.expires_at)
        by = request.user if isinstance(request.user, User) else None
        made, secret = keys.issue(terms, by=by)
        obj.pk = made.pk
        self._show(request, obj, secret)

    @admin.action(description=_("Rotate: a new secret each"), permissions=["steer"])
    def rotate(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        valid = list(chosen.filter(revoked_at=None))
        for key in valid:
            self._show(request, key, keys.rotate(key))
        note(request, valid, gettext("Rotated."))

    @admin.action(description=_("Revoke"), permissions=["steer"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        valid = list(chosen.filter(revoked_at=None))
        ended = keys.revoke(valid)
        note(request, valid, gettext("Revoked."))
        told = ngettext(
            "%(count)d key opens nothing from now on.",
            "%(count)d keys open nothing from now on.",
            ended,
        ) % {"count": ended}
        self.message_user(request, told)

    @admin.display(description=_("State"))
    def state(self, key: ApiKey) -> SafeString:
        over = key.expires_at is not None and key.expires_at <= timezone.now()
        words = _("Revoked") if key.revoked_at else _("Expired") if over else _("Valid")
        pill = "cancelled" if key.revoked_at or over else "succeeded"
        return format_html('<span class="pill {}">{}</span>', pill, words)

    @admin.display(description=_("Photos of"))
    def whose(self, key: ApiKey) -> SafeString | str:
        if Scope.ALL_OWNERS in key.scopes:
            return gettext("everybody")
        return only_owner(key.owner) if key.owner else gettext("its user")

    @admin.display(description=_("Scopes"))
    def may(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    def _show(self, request: HttpRequest, key: ApiKey, secret: str) -> None:
        shown = _("The key %(name)s, shown this once:") % {"name": key.name}
        text = format_html("{} <code>{}</code>", shown, secret)
        self.message_user(request, text, messages.WARNING)
