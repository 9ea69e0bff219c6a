"""How long owners keep what, for staff: looked at here, set by `manage.py retention`."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from config.models import Retention
from photos.admin import ReadOnlyAdmin
from photos.long_lists import LongList

_SHOWN = ("photos_kept", "faces_kept", "searches_kept", "reads_kept")


class RetentionAdmin(ReadOnlyAdmin[Retention]):
    """An owner without a row keeps everything."""

    list_display = ("owner_name", *_SHOWN)
    list_select_related = ("owner",)
    search_fields = ("owner__subject",)
    search_help_text = _("An owner")
    ordering = ("-pk",)
    fields = ("owner", *_SHOWN)

    def get_changelist(self, request: HttpRequest, **values: Any) -> type[ChangeList]:
        return LongList

    @admin.display(description=_("Owner"))
    def owner_name(self, row: Retention) -> SafeString:
        return format_html("<bdi>{}</bdi>", row.owner.subject)

    @admin.display(description=_("Photos"))
    def photos_kept(self, row: Retention) -> str:
        return _days(row.photos)

    @admin.display(description=_("Faces that nobody has named"))
    def faces_kept(self, row: Retention) -> str:
        return _days(row.unnamed_faces)

    @admin.display(description=_("Notes of searches"))
    def searches_kept(self, row: Retention) -> str:
        return _days(row.searches)

    @admin.display(description=_("Entries of the audit log"))
    def reads_kept(self, row: Retention) -> str:
        return _days(row.reads)


def _days(days: int | None) -> str:
    if days is None:
        return gettext("for ever")
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
