"""Remote workers for staff: their tokens, what they can do, and what they have in hand."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, IntegerField, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from jobs.models import Item, RemoteWorker, State, WorkerToken
from jobs.remote import tokens
from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner
from photos.staff import ReasonForm, note


@admin.register(WorkerToken)
class WorkerTokenAdmin(admin.ModelAdmin[WorkerToken]):
    """A token is shown once, where it is made. It can be revoked, not changed."""

    list_display = ("name", "state", "of", "workers_count", "seen_at", "created_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), ("owner", OwnerFilter))
    list_select_related = ("owner",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "owner__subject")
    search_help_text = _("A token's name, or an owner")
    autocomplete_fields = ("owner",)
    ordering = ("-pk",)
    fields = ("name", "owner")
    actions = ("revoke",)
    action_form = ReasonForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkerToken]:
        tokens = super().get_queryset(request).defer("digest")
        return tokens.annotate(worker_count=Count("workers"), last_seen=Max("workers__seen_at"))

    def has_change_permission(self, request: HttpRequest, obj: WorkerToken | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: WorkerToken | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_workertoken")

    def save_model(
        self,
        request: HttpRequest,
        obj: WorkerToken,
        form: ModelForm[WorkerToken],
        change: bool,  # noqa: FBT001  # as the admin calls it
    ) -> None:
        made, secret = tokens.issue(obj.name, obj.owner)
        obj.pk = made.pk
        shown = _("The token of %(name)s, shown this once:") % {"name": obj.name}
        text = format_html("{} <code>{}</code>", shown, secret)
        self.message_user(request, text, messages.WARNING)

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[WorkerToken]) -> None:
        valid = list(chosen.filter(revoked_at=None))
        for token in valid:
            tokens.revoke(token)
        note(request, valid, gettext("Revoked."))
        told = ngettext(
            "%(count)d token opens nothing from now on.",
            "%(count)d tokens open nothing from now on.",
            len(valid),
        ) % {"count": len(valid)}
        self.message_user(request, told)

    @admin.display(description=_("State"))
    def state(self, token: WorkerToken) -> SafeString:
        state = "cancelled" if token.revoked_at else "succeeded"
        words = _("Revoked") if token.revoked_at else _("Valid")
        return format_html('<span class="pill {}">{}</span>', state, words)

    @admin.display(description=_("Photos of"))
    def of(self, token: WorkerToken) -> SafeString | str:
        return only_owner(token.owner) if token.owner else gettext("everybody")

    @admin.display(description=_("Workers"))
    def workers_count(self, token: Any) -> int:
        return int(token.worker_count)

    @admin.display(description=_("Last seen"))
    def seen_at(self, token: Any) -> object:
        return token.last_seen


@admin.register(RemoteWorker)
class RemoteWorkerAdmin(ReadOnlyAdmin[RemoteWorker]):
    list_display = ("name", "token", "can", "in_hand", "version", "seen_at")
    list_filter = ("seen_at",)
    list_select_related = ("token",)
    search_fields = ("name", "token__name")
    search_help_text = _("A worker's name, or its token's")
    ordering = ("-seen_at", "-pk")
    fields = (("name", "token"), "can", ("version", "seen_at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[RemoteWorker]:
        """Each with the number of photos that it has `held`."""
        worker = Concat(Value("remote:"), Cast(OuterRef("token_id"), Item.worker.field), Value(":"))
        held = (
            Item.objects.filter(state=State.PROCESSING, worker=Concat(worker, OuterRef("name")))
            .order_by()
            .values("worker")
            .annotate(held=Count("pk"))
            .values("held")
        )
        counted = Coalesce(Subquery(held, output_field=IntegerField()), 0)
        return super().get_queryset(request).annotate(held=counted)

    @admin.display(description=_("Can do"))
    def can(self, worker: RemoteWorker) -> str:
        return ", ".join(worker.operations) or gettext(
            "nothing: its models are not those that are active"
        )

    @admin.display(description=_("Photos in hand"))
    def in_hand(self, worker: Any) -> int:
        return int(worker.held)
