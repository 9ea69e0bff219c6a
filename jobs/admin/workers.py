"""Remote workers for staff: their tokens, what they can do, and what they have in hand."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, IntegerField, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

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
    search_help_text = "A token's name, or an owner"
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
        text = format_html("The token of {}, shown this once: <code>{}</code>", obj.name, secret)
        self.message_user(request, text, messages.WARNING)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[WorkerToken]) -> None:
        valid = list(chosen.filter(revoked_at=None))
        for token in valid:
            tokens.revoke(token)
        note(request, valid, "Revoked.")
        self.message_user(request, f"{len(valid)} token(s) open nothing from now on.")

    @admin.display(description="State")
    def state(self, token: WorkerToken) -> SafeString:
        state, words = ("cancelled", "Revoked") if token.revoked_at else ("succeeded", "Valid")
        return format_html('<span class="pill {}">{}</span>', state, words)

    @admin.display(description="Photos of")
    def of(self, token: WorkerToken) -> SafeString | str:
        return only_owner(token.owner) if token.owner else "everybody"

    @admin.display(description="Workers")
    def workers_count(self, token: Any) -> int:
        return int(token.worker_count)

    @admin.display(description="Last seen")
    def seen_at(self, token: Any) -> object:
        return token.last_seen


@admin.register(RemoteWorker)
class RemoteWorkerAdmin(ReadOnlyAdmin[RemoteWorker]):
    list_display = ("name", "token", "can", "in_hand", "version", "seen_at")
    list_filter = ("seen_at",)
    list_select_related = ("token",)
    search_fields = ("name", "token__name")
    search_help_text = "A worker's name, or its token's"
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

    @admin.display(description="Can do")
    def can(self, worker: RemoteWorker) -> str:
        return ", ".join(worker.operations) or "nothing: its models are not those that are active"

    @admin.display(description="Photos in hand")
    def in_hand(self, worker: Any) -> int:
        return int(worker.held)
