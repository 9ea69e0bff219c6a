"""The people desk for staff: faces, the clusters they form, and the people they are."""

from typing import Any, TypedDict

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from django_stubs_ext import WithAnnotations

from faces.forms import NamingForm, PersonForm
from faces.models import MAX_NAME, Cluster, Face, Person
from faces.people.naming import name_cluster
from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner, picture

FACES_SHOWN = 200  # of a cluster, on its page
CLUSTERS_SHOWN = 50  # of a person, on their page
NAMES_OFFERED = 200  # while a name is typed: those of the newest people


class NamedFilter(admin.SimpleListFilter):
    title = "name"
    parameter_name = "named"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Not named yet"), ("yes", "Named")]

    def queryset(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> QuerySet[Cluster]:
        if self.value() is None:
            return clusters
        return clusters.filter(person__isnull=self.value() == "no")


class GroupedFilter(admin.SimpleListFilter):
    title = "cluster"
    parameter_name = "grouped"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "In a cluster"), ("no", "Alone")]

    def queryset(self, request: HttpRequest, faces: QuerySet[Face]) -> QuerySet[Face]:
        if self.value() is None:
            return faces
        return faces.filter(membership__isnull=self.value() == "no")


class KnownFilter(admin.SimpleListFilter):
    title = "person"
    parameter_name = "known"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Known"), ("no", "Unknown")]

    def queryset(self, request: HttpRequest, faces: QuerySet[Face]) -> QuerySet[Face]:
        if self.value() is None:
            return faces
        return faces.filter(membership__cluster__person__isnull=self.value() == "no")


@admin.register(Face)
class FaceAdmin(ReadOnlyAdmin[Face]):
    list_display = (
        "crop_shown", "person", "cluster", "from_photo", "sure", "quality_shown", "reasons", "of",
    )  # fmt: skip
    list_filter = (GroupedFilter, KnownFilter, ("photo__owner", OwnerFilter))
    list_select_related = ("photo__owner", "membership__cluster__person")
    search_fields = (
        "membership__cluster__person__name",
        "photo__references__external_id",
        "photo__owner__subject",
    )
    search_help_text = "A person's name, an external id of the photo, or an owner"
    ordering = ("-pk",)
    fields = (
        "portrait",
        "person",
        "cluster",
        "from_photo",
        ("sure", "quality_shown", "reasons"),
        "box",
        "created_at",
    )

    @admin.display(description="Face")
    def crop_shown(self, face: Face) -> SafeString:
        return picture(face.crop.url)

    @admin.display(description="Face")
    def portrait(self, face: Face) -> SafeString:
        return picture(face.crop.url, side=192)

    @admin.display(description="Where")
    def box(self, face: Face) -> str:
        size = f"{face.width:.0f} × {face.height:.0f} pixels"  # noqa: RUF001  # a real sign
        return f"{size}, {face.x:.0f} from the left and {face.y:.0f} from the top"

    @admin.display(ordering="membership__cluster__person__name")
    def person(self, face: Face) -> str:
        person = face.person
        return _link("faces_person", person.pk, person.name) if person else "unknown"

    def cluster(self, face: Face) -> str:
        cluster = face.cluster
        return _link("faces_cluster", cluster.pk, cluster.public_id) if cluster else "alone"

    @admin.display(description="Photo", ordering="photo")
    def from_photo(self, face: Face) -> str:
        return _link("photos_photo", face.photo_id, str(face.photo))

    @admin.display(description="Confidence", ordering="confidence")
    def sure(self, face: Face) -> str:
        return f"{face.confidence:.0%}"

    @admin.display(description="Quality", ordering="quality")
    def quality_shown(self, face: Face) -> str:
        return f"{face.quality:.0%}"

    @admin.display(description="Poor because")
    def reasons(self, face: Face) -> str:
        return ", ".join(face.quality_reasons)

    @admin.display(description="Owner", ordering="photo__owner__subject")
    def of(self, face: Face) -> SafeString:
        return only_owner(face.photo.owner, "photo__owner__id__exact")


@admin.register(Cluster)
class ClusterAdmin(admin.ModelAdmin[Cluster]):
    """A gallery, biggest first, to say who everybody is."""

    form = NamingForm
    list_display = ("label", "person", "owner")
    list_filter = (NamedFilter, ("owner", OwnerFilter))
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("person__name", "public_id", "owner__subject")
    search_help_text = "A person's name, a cluster's label, or an owner"
    actions = None
    readonly_fields = ("faces", "person", "label", "public_id", "owner", "space", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cluster]:
        return Cluster.objects.with_faces()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-face_count", "pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Cluster], search_term: str
    ) -> tuple[QuerySet[Cluster], bool]:
        term = search_term.strip().removeprefix("unknown_cluster_")
        return super().get_search_results(request, queryset, term)

    def get_fields(self, request: HttpRequest, obj: Cluster | None = None) -> list[Any]:
        who = "name" if self.has_change_permission(request, obj) else "person"
        return [who, "faces", ("label", "public_id"), ("owner", "created_at"), "space"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        name = self.admin_site.admin_view(self.name_view)
        return [path("<int:pk>/name/", name, name="faces_cluster_name"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        offered = Person.objects.order_by("-pk").values_list("name", flat=True)[:NAMES_OFFERED]
        shown = {
            "can_name": self.has_change_permission(request),
            "names": sorted(set(offered)),
            "name_length": MAX_NAME,
        }
        return super().changelist_view(request, shown | (extra_context or {}))

    @method_decorator(require_POST)
    def name_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Name a cluster from the gallery, and go back to it there."""
        cluster = get_object_or_404(Cluster.objects.select_related("person", "owner"), pk=pk)
        if not self.has_change_permission(request, cluster):
            raise PermissionDenied
        back = self.response_post_save_change(request, cluster)
        form = NamingForm(request.POST, instance=cluster)
        if not form.is_valid():
            error = form.errors["name"][0]
            self.message_user(request, f"{cluster.label}: {error}", messages.ERROR)
            return back
        self._name(request, form)
        return HttpResponseRedirect(f"{back['Location']}#cluster-{pk}")

    def _name(self, request: HttpRequest, form: NamingForm) -> None:
        cluster = form.instance
        with transaction.atomic():
            self.save_model(request, cluster, form, change=True)
            self.log_change(request, cluster, "Named.")
        self.message_user(request, f"Named {cluster.person}.", messages.SUCCESS)

    def save_model(
        self,
        request: HttpRequest,
        obj: Cluster,
        form: forms.ModelForm[Cluster],
        change: bool,  # noqa: FBT001  # Django's signature
    ) -> None:
        """The name is all that can change."""
        name_cluster(obj, form.cleaned_data["name"])

    def log_change(self, request: HttpRequest, obj: Cluster, message: Any) -> LogEntry:
        return super().log_change(request, obj, f"Named {obj.person}.")

    def faces(self, cluster: Cluster) -> SafeString:
        members = cluster.memberships.select_related("face").order_by("-face__quality", "pk")
        faces = [member.face for member in members[:FACES_SHOWN]]
        shown = {"faces": faces, "cluster": cluster}
        return render_to_string("admin/faces/cluster/faces.html", shown)


class Counts(TypedDict):
    """What the list of people shows of each."""

    best_crop: str | None  # key of the best face
    photo_count: int


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin[Person]):
    form = PersonForm
    list_display = ("cover_shown", "name", "faces", "photos", "of", "created_at")
    list_display_links = ("cover_shown", "name")
    list_filter = (("owner", OwnerFilter),)
    list_select_related = ("owner",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "owner__subject")
    search_help_text = "A name, or an owner"
    ordering = ("name", "pk")
    fields = ("name", ("faces", "photos"), ("owner", "created_at"), "clusters")
    readonly_fields = ("faces", "photos", "owner", "created_at", "clusters")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        """With `Counts`."""
        faces = Face.objects.filter(membership__cluster__person=OuterRef("pk"))
        best = faces.order_by("-quality", "pk").values("crop")[:1]
        return Person.objects.with_counts().annotate(
            best_crop=Subquery(best),
            photo_count=Count("clusters__memberships__face__photo", distinct=True),
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People come from naming clusters."""
        return False

    @admin.display(description="Best face")
    def cover_shown(self, person: "WithAnnotations[Person, Counts]") -> str:
        return picture(default_storage.url(person.best_crop)) if person.best_crop else "no face"

    @admin.display(ordering="face_count")
    def faces(self, person: "WithAnnotations[Person, Counts]") -> int:
        return person.face_count

    @admin.display(ordering="photo_count")
    def photos(self, person: "WithAnnotations[Person, Counts]") -> int:
        return person.photo_count

    @admin.display(description="Owner", ordering="owner__subject")
    def of(self, person: Person) -> SafeString:
        return only_owner(person.owner)

    def clusters(self, person: Person) -> SafeString:
        clusters = person.clusters.with_faces().order_by(F("face_count").desc(), "pk")[
            :CLUSTERS_SHOWN
        ]
        shown = {"clusters": clusters, "limit": CLUSTERS_SHOWN}
        return render_to_string("admin/faces/person/clusters.html", shown)


def _link(page: str, pk: int, words: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{page}_change", args=[pk]), words)
