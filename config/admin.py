"""The page of the models: how each is, what it does, and steering them.

Here staff also get the page of a photo, with what every app knows of it.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from config.audit_admin import AuditEntryAdmin
from config.history_admin import HistoryAdmin
from config.key_admin import ApiKeyAdmin
from config.models import ApiKey, AuditEntry, Retention
from config.photo_admin import FoundPhotoAdmin
from config.retention_admin import RetentionAdmin
from inference.control import Overview, State
from inference.errors import InferenceError
from photos import roles, serving, standing
from photos.admin import ReadOnlyAdmin
from photos.errors import ServingError
from photos.models import Photo, ServedModel
from photos.standing import Standing
from search.reembedding import Progress, progress
from search.spaces import change

_PILLS = {  # state -> class of its pill in admin.css
    State.LOADED: "succeeded",
    State.LOADING: "processing",
    State.UNLOADING: "processing",
    State.FAILED: "failed",
    State.MISSING: "failed",
}
_STATES = {
    State.LOADED: _("loaded"),
    State.LOADING: _("loading"),
    State.UNLOADING: _("unloading"),
    State.FAILED: _("failed"),
    State.UNLOADED: _("unloaded"),
    State.UNKNOWN: pgettext_lazy("fact", "unknown"),
    State.MISSING: _("missing"),
}
_BAR = 18  # pixels from one bar to the next
_BARS_HEIGHT = 30

admin.site.register(Photo, FoundPhotoAdmin)
admin.site.register(LogEntry, HistoryAdmin)
admin.site.register(ApiKey, ApiKeyAdmin)
admin.site.register(AuditEntry, AuditEntryAdmin)
admin.site.register(Retention, RetentionAdmin)


@admin.register(ServedModel)
class ServedModelAdmin(ReadOnlyAdmin[ServedModel]):
    list_display = (
        "name_shown",
        "state",
        "memory",
        "requests",
        "latency",
        "batches",
        "last_used",
    )
    list_filter = ("role", "pack", "pinned")
    search_fields = ("name",)
    ordering = ("role", "pack", "-version")
    fields = (
        ("name_shown", "state"),
        ("role", "pack", "version"),
        ("memory", "ran_on"),
        ("requests", "failures", "latency"),
        "batches",
        ("last_used", "loaded_at"),
        "space",
        "origins",
    )
    actions = ("load", "unload", "activate", "roll_back", "pin", "unpin")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServedModel]:
        return ServedModel.objects.with_active()

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("photos.change_servedmodel")

    # --- What the server says: asked once for a page --------------------------------------------

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        page = super().get_changelist_instance(request)
        seen = standing.overview()
        for model in page.result_list:
            _look_at(model, seen)
        if request.method == "GET":
            self._tell_trouble(request, standing.problem(standing.active(seen), seen))
            if change():
                self._tell_progress(request, progress())
        return page

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> ServedModel | None:
        model = super().get_object(request, object_id, from_field)
        if model:
            _look_at(model, standing.overview())
        return model

    def _tell_trouble(self, request: HttpRequest, trouble: str) -> None:
        if trouble:
            self.message_user(request, trouble, messages.WARNING)

    def _tell_progress(self, request: HttpRequest, now: Progress) -> None:
        """Of photos that follow another image encoder."""
        told = _(
            "Photos are searched in %(current)s, and follow into %(next)s: %(done)d of %(photos)d "
            "(%(percent)s %%) have, %(failed)d can't."
        ) % {
            "current": now.current,
            "next": now.next,
            "done": now.done,
            "photos": now.photos,
            "percent": number_format(now.percent, 1),
            "failed": now.failed,
        }
        hint = _("`manage.py reembed --switch-now` goes on without them.") if now.failed else ""
        self.message_user(request, f"{told} {hint}".strip())

    def get_fields(self, request: HttpRequest, obj: ServedModel | None = None) -> list[Any]:
        failed = obj is not None and _standing(obj).reason
        return ["reason", *self.fields] if failed else [*self.fields]

    # --- Columns --------------------------------------------------------------------------------

    @admin.display(description=_("Model"), ordering="name")
    def name_shown(self, model: ServedModel) -> SafeString:
        marks = [(_("active"), model.is_active), (_("pinned"), model.pinned)]
        shown = [(word,) for word, holds in marks if holds]
        pills = format_html_join(" ", '<span class="pill">{}</span>', shown)
        return format_html("{}<br>{}", model.name, pills)

    @admin.display(description=_("State"))
    def state(self, model: ServedModel) -> SafeString:
        now = _standing(model)
        return format_html(
            '<span class="pill {}">{}</span> <span class="label">{}</span>',
            _PILLS.get(now.state, ""),
            _STATES[now.state],
            now.device,
        )

    @admin.display(description=_("Memory"), ordering="memory_bytes")
    def memory(self, model: ServedModel) -> str:
        return filesizeformat(model.memory_bytes)

    @admin.display(description=_("Requests"))
    def requests(self, model: ServedModel) -> int:
        return _standing(model).statistics.requests

    @admin.display(description=_("Failures"))
    def failures(self, model: ServedModel) -> int:
        return _standing(model).statistics.failures

    @admin.display(description=_("Mean latency"))
    def latency(self, model: ServedModel) -> str:
        statistics = _standing(model).statistics
        if not statistics.requests:
            return "-"
        return _("%(count)s ms") % {"count": number_format(statistics.latency_ms, 1)}

    @admin.display(description=_("Batches"))
    def batches(self, model: ServedModel) -> SafeString:
        """Bars: how many runs had so many items."""
        statistics = _standing(model).statistics
        bars = bars_of(statistics.batches)
        shown = {"bars": bars, "width": _BAR * len(bars), "mean": statistics.mean_batch}
        return render_to_string("admin/photos/servedmodel/batches.html", shown)

    @admin.display(description=_("Last used"), ordering="last_used_at")
    def last_used(self, model: ServedModel) -> str:
        if model.last_used_at is None:
            return gettext("never")
        if timezone.now() - model.last_used_at < timedelta(minutes=1):
            return gettext("just now")
        return _("%(ago)s ago") % {"ago": timesince(model.last_used_at)}

    @admin.display(description=_("Ran on"))
    def ran_on(self, model: ServedModel) -> str:
        return _standing(model).device or gettext("never loaded")

    @admin.display(description=_("Why it failed"))
    def reason(self, model: ServedModel) -> str:
        return _standing(model).reason

    @admin.display(description=_("Weights"))
    def origins(self, model: ServedModel) -> SafeString:
        weights = model.manifest.get("weights", [])
        return render_to_string("admin/photos/servedmodel/weights.html", {"weights": weights})

    # --- Actions --------------------------------------------------------------------------------

    @admin.action(description=_("Load"), permissions=["steer"])
    def load(self, request: HttpRequest, models: QuerySet[ServedModel]) -> None:
        self._each(request, models, serving.keeper().load, _("Loaded %(model)s."))

    @admin.action(description=_("Unload"), permissions=["steer"])
    def unload(self, request: HttpRequest, models: QuerySet[ServedModel]) -> None:
        self._each(request, models, serving.keeper().unload, _("Unloaded %(model)s."))

    @admin.action(description=_("Let their roles have them"), permissions=["steer"])
    def activate(self, request: HttpRequest, models: QuerySet[ServedModel]) -> None:
        self._each(request, models, serving.keeper().switch, _("Activated %(model)s."))

    @admin.action(description=_("Let their roles have what they had before"), permissions=["steer"])
    def roll_back(self, request: HttpRequest, models: QuerySet[ServedModel]) -> None:
        of_roles = models.order_by("role", "pk").distinct("role")
        self._each(
            request,
            of_roles,
            lambda one: roles.roll_back(one.role),
            _("Rolled back the role of %(model)s."),
        )

    @admin.action(description=_("Pin: keep loaded"), permissions=["steer"])
    def pin(self, request: HttpRequest, models: QuerySet[ServedModel]) -> None:
        self._each(request, models, lambda model: model.pin(pinned=True), _("Pinned %(model)s."))

    @admin.action(description=_("Unpin"), permissions=["steer"])
    def unpin(self, request: HttpRequest, models: QuerySet[ServedModel]) -> None:
        self._each(request, models, lambda model: model.pin(pinned=False), _("Unpinned %(model)s."))

    def _each(
        self,
        request: HttpRequest,
        models: QuerySet[ServedModel],
        change: Callable[[ServedModel], object],
        done: StrOrPromise,
    ) -> None:
        """Tell of each of the models what came of it, and write down who did it."""
        for model in models:
            try:
                change(model)
            except (ServingError, InferenceError) as exc:
                self.message_user(request, str(exc), messages.ERROR)
            else:
                told = done % {"model": model}
                self.log_change(request, model, told)
                self.message_user(request, told, messages.SUCCESS)


def _look_at(model: Any, seen: Overview) -> None:
    model.standing = Standing.of(model, seen)


def _standing(model: Any) -> Standing:
    """What `_look_at` saw."""
    seen: Standing = model.standing
    return seen


def bars_of(batches: Mapping[int, int]) -> list[dict[str, Any]]:
    """Where the bars are, in pixels: of 1, 2, 3 to 4, 5 to 8 … items, as high as they had runs."""
    runs: Counter[int] = Counter()
    for size, count in batches.items():
        runs[1 << (size - 1).bit_length()] += count
    highest = max(runs.values(), default=1)
    return [
        {
            "least": most // 2 + 1,
            "most": most,
            "sizes": _sizes(most // 2 + 1, most),
            "runs": runs[most],
            "x": column * _BAR,
            "height": (height := max(2, round(_BARS_HEIGHT * runs[most] / highest))),
            "y": _BARS_HEIGHT - height,
        }
        for column, most in enumerate(sorted(+runs))
    ]


def _sizes(least: int, most: int) -> str:
    if least == most:
        return str(most)
    return _("%(least)d to %(most)d") % {"least": least, "most": most}
