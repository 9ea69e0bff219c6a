"""The audit log for staff: read alone."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from config.models import AuditEntry
from photos.admin import ReadOnlyAdmin
from photos.staff import NewestRows


class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    """The newest first."""

    list_display = ("at", "actor_name", "credential", "act", "path", "owner", "address", "status")
    list_display_links = ("at",)
    list_filter = ("at",)
    search_fields = ("=actor_name", "=credential", "=act", "=path")
    search_help_text = _("Somebody's name, how a key begins, an act, or a path: whole")
    ordering = ("-pk",)
    actions = None
    paginator = NewestRows
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count all rows
