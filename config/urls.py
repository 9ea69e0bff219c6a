"""Where everything is. API paths answer with and without the trailing slash."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.utils.translation import gettext_lazy as _
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView

from config import access_urls, doors, home, photo_urls, points, search_urls
from config.api import NothingHereView
from config.health import HealthView
from config.models_api import (
    NAME,
    ROLE,
    ActiveModelsView,
    AvailableModelsView,
    LoadView,
    RoleView,
    UnloadAllView,
    UnloadView,
)
from config.monitoring.views import LiveView, MetricsView, ReadyView
from faces import matchers
from faces.views.clusters import ClusterFacesView, ClusterViewSet
from faces.views.edits import (
    ClusterHistoryView,
    EditViewSet,
    FaceHistoryView,
    PersonHistoryView,
)
from faces.views.faces import FaceViewSet
from faces.views.people import PersonClustersView, PersonFacesView, PersonViewSet
from faces.views.portability import ExportView, ImportView
from faces.views.review import ExplanationView, ReportView, ReviewView
from jobs.admin import queue_page, training_page
from jobs.admin.reviewing import page as review_page
from jobs.admin.searching import page as search_page
from jobs.result_files import PATH as RESULT_FILE
from jobs.views.clustering import (
    AssignView,
    CentroidsView,
    ClearView,
    ClusterView,
    DualView,
    FaceStatsView,
    ReclusterView,
)
from jobs.views.disclosure import DisclosureView
from jobs.views.enrolment import EnrolView, ReferencesView
from jobs.views.jobs import JobItemsView, JobViewSet
from jobs.views.people import (
    EditDoors,
    EraseView,
    ErasureView,
    FaceBoxView,
    FaceDoors,
    PersonDoors,
    RedetectView,
)
from jobs.views.process import BatchView, ProcessImageView, ReindexView
from jobs.views.recognition import IdentifyView, VerifyView
from jobs.views.results import JobFilesView, JobFileView
from jobs.views.staff import CleanUpView, StatsView
from jobs.views.storage import StorageWebhookView
from jobs.views.streams import EventsView, JobEventsView
from jobs.views.tasks import MergeView, ReadNamesView, ThumbnailsView
from jobs.views.training import (
    ActivateMatcherView,
    MatcherPlotView,
    MatchersView,
    RollBackMatcherView,
    TrainView,
)
from jobs.views.webhooks import DeliveryViewSet, WebhookViewSet
from jobs.views.workers import (
    ClaimView,
    CompleteView,
    FailView,
    HeartbeatView,
    PhotoView,
    ReleaseView,
    WorkView,
)

_HELD = r"worker/items/(?P<pk>[0-9]{1,18})"
_JOB = r"(?P<pk>[0-9a-f-]{36})"
_WEBHOOK = r"webhooks/(?P<pk>[0-9]{1,18})"
_DELIVERIES = r"webhooks/(?P<webhook_pk>[0-9]{1,18})/deliveries"
_CLUSTER = r"faces/clusters/(?P<public_id>clu_[0-9a-f]{1,16})"
_FACE = r"faces/(?P<pk>[0-9]{1,18})"
_PERSON = r"people/(?P<pk>[0-9]{1,18})"
_MATCHER = rf"faces/matchers/(?P<matcher>{matchers.ID})"
_EDIT = r"edits/(?P<pk>[0-9]{1,18})"

api = [
    re_path(r"^process/image/?$", ProcessImageView.as_view(), name="process-image"),
    re_path(r"^process/batch/?$", BatchView.as_view(), name="process-batch"),
    re_path(r"^process/webhook/?$", StorageWebhookView.as_view(), name="process-webhook"),
    re_path(r"^process/reindex/?$", ReindexView.as_view(), name="process-reindex"),
    re_path(r"^jobs/?$", JobViewSet.as_view({"get": "list"}), name="job-list"),
    re_path(
        rf"^jobs/{_JOB}/?$",
        JobViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="job-detail",
    ),
    re_path(rf"^jobs/{_JOB}/status/?$", JobViewSet.as_view({"get": "standing"}), name="job-status"),
    re_path(rf"^jobs/{_JOB}/items/?$", JobItemsView.as_view(), name="job-items"),
    re_path(rf"^jobs/{_JOB}/cancel/?$", JobViewSet.as_view({"post": "cancel"}), name="job-cancel"),
    re_path(rf"^jobs/{_JOB}/pause/?$", JobViewSet.as_view({"post": "pause"}), name="job-pause"),
    re_path(rf"^jobs/{_JOB}/resume/?$", JobViewSet.as_view({"post": "resume"}), name="job-resume"),
    re_path(rf"^jobs/{_JOB}/retry/?$", JobViewSet.as_view({"post": "retry"}), name="job-retry"),
    re_path(rf"^jobs/{_JOB}/events/?$", JobEventsView.as_view(), name="job-events"),
    re_path(r"^events/?$", EventsView.as_view(), name="events"),
    re_path(rf"^jobs/{_JOB}/files/?$", JobFilesView.as_view(), name="job-files"),
    re_path(
        rf"^jobs/{_JOB}/files/(?P<path>{RESULT_FILE})/?$", JobFileView.as_view(), name="job-file"
    ),
    re_path(
        r"^webhooks/?$",
        WebhookViewSet.as_view({"get": "list", "post": "create"}),
        name="webhook-list",
    ),
    re_path(
        rf"^{_WEBHOOK}/?$",
        WebhookViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="webhook-detail",
    ),
    *(
        re_path(
            rf"^{_WEBHOOK}/{name}/?$",
            WebhookViewSet.as_view({"post": name}),
            name=f"webhook-{name}",
        )
        for name in ("rotate", "enable", "ping")
    ),
    re_path(rf"^{_DELIVERIES}/?$", DeliveryViewSet.as_view({"get": "list"}), name="delivery-list"),
    re_path(
        rf"^{_DELIVERIES}/(?P<pk>[0-9]{{1,18}})/?$",
        DeliveryViewSet.as_view({"get": "retrieve"}),
        name="delivery-detail",
    ),
    re_path(
        rf"^{_DELIVERIES}/(?P<pk>[0-9]{{1,18}})/resend/?$",
        DeliveryViewSet.as_view({"post": "resend"}),
        name="delivery-resend",
    ),
    re_path(r"^faces/cluster/?$", ClusterView.as_view(), name="faces-cluster"),
    re_path(r"^faces/cluster/dual/?$", DualView.as_view(), name="faces-cluster-dual"),
    re_path(r"^faces/assign/?$", AssignView.as_view(), name="faces-assign"),
    re_path(r"^faces/recluster/?$", ReclusterView.as_view(), name="faces-recluster"),
    re_path(r"^faces/clear-clustering/?$", ClearView.as_view(), name="faces-clear-clustering"),
    re_path(r"^faces/centroids/?$", CentroidsView.as_view(), name="faces-centroids"),
    re_path(r"^faces/stats/?$", FaceStatsView.as_view(), name="faces-stats"),
    re_path(r"^faces/train/?$", TrainView.as_view(), name="faces-train"),
    re_path(r"^faces/matchers/?$", MatchersView.as_view(), name="matchers"),
    re_path(
        r"^faces/matchers/rollback/?$", RollBackMatcherView.as_view(), name="matchers-rollback"
    ),
    re_path(
        rf"^faces/matchers/(?P<matcher>{matchers.NAME})/activate/?$",
        ActivateMatcherView.as_view(),
        name="matcher-activate",
    ),
    re_path(
        rf"^{_MATCHER}/(?P<plot>[a-z]{{1,20}})\.png$",
        MatcherPlotView.as_view(),
        name="matcher-plot",
    ),
    re_path(r"^faces/clusters/merge/?$", MergeView.as_view(), name="clusters-merge"),
    re_path(r"^people/export/?$", ExportView.as_view(), name="people-export"),
    re_path(r"^people/import/?$", ImportView.as_view(), name="people-import"),
    re_path(r"^people/enrol/?$", EnrolView.as_view(), name="people-enrol"),
    re_path(
        r"^people/(?P<pk>[0-9]{1,18})/references/?$",
        ReferencesView.as_view(),
        name="person-references",
    ),
    *photo_urls.urls,
    re_path(r"^faces/identify/?$", IdentifyView.as_view(), name="faces-identify"),
    re_path(r"^faces/verify/?$", VerifyView.as_view(), name="faces-verify"),
    *access_urls.urls,
    *search_urls.urls,
    re_path(r"^faces/report/?$", ReportView.as_view(), name="faces-report"),
    re_path(r"^faces/review/?$", ReviewView.as_view(), name="faces-review"),
    re_path(
        r"^faces/(?P<pk>[0-9]{1,18})/explanation/?$",
        ExplanationView.as_view(),
        name="face-explanation",
    ),
    re_path(r"^faces/backfill-thumbnails/?$", ThumbnailsView.as_view(), name="backfill-thumbnails"),
    re_path(r"^faces/clusters/?$", ClusterViewSet.as_view({"get": "list"}), name="cluster-list"),
    re_path(
        rf"^{_CLUSTER}/?$",
        ClusterViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="cluster-detail",
    ),
    re_path(rf"^{_CLUSTER}/faces/?$", ClusterFacesView.as_view(), name="cluster-faces"),
    re_path(rf"^{_CLUSTER}/history/?$", ClusterHistoryView.as_view(), name="cluster-history"),
    *(
        re_path(
            rf"^{_CLUSTER}/{name}/?$",
            ClusterViewSet.as_view({"post": name}),
            name=f"cluster-{name}",
        )
        for name in ("label", "assign", "split")
    ),
    re_path(r"^faces/?$", FaceViewSet.as_view({"get": "list"}), name="face-list"),
    re_path(
        rf"^{_FACE}/?$",
        FaceDoors.as_view({"get": "retrieve", "delete": "destroy"}),
        name="face-detail",
    ),
    re_path(rf"^{_FACE}/box/?$", FaceBoxView.as_view(), name="face-box"),
    re_path(r"^faces/read-names/?$", ReadNamesView.as_view(), name="faces-read-names"),
    re_path(r"^faces/redetect/?$", RedetectView.as_view(), name="faces-redetect"),
    re_path(rf"^{_FACE}/history/?$", FaceHistoryView.as_view(), name="face-history"),
    re_path(
        r"^faces/assign-to/?$", FaceViewSet.as_view({"post": "assign"}), name="faces-assign-to"
    ),
    *(
        re_path(rf"^faces/{name}/?$", FaceViewSet.as_view({"post": name}), name=f"faces-{name}")
        for name in ("move", "remove", "confirm", "ignore", "answer")
    ),
    re_path(
        r"^people/?$", PersonViewSet.as_view({"get": "list", "post": "create"}), name="person-list"
    ),
    re_path(
        rf"^{_PERSON}/?$",
        PersonDoors.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="person-detail",
    ),
    re_path(rf"^{_PERSON}/faces/?$", PersonFacesView.as_view(), name="person-faces"),
    re_path(rf"^{_PERSON}/clusters/?$", PersonClustersView.as_view(), name="person-clusters"),
    re_path(rf"^{_PERSON}/history/?$", PersonHistoryView.as_view(), name="person-history"),
    *(
        re_path(
            rf"^{_PERSON}/{name}/?$", PersonViewSet.as_view({"post": name}), name=f"person-{name}"
        )
        for name in ("merge", "reject")
    ),
    re_path(r"^edits/?$", EditViewSet.as_view({"get": "list"}), name="edit-list"),
    re_path(rf"^{_EDIT}/?$", EditViewSet.as_view({"get": "retrieve"}), name="edit-detail"),
    re_path(rf"^{_EDIT}/undo/?$", EditDoors.as_view({"post": "undo"}), name="edit-undo"),
    re_path(rf"^{_PERSON}/disclosure/?$", DisclosureView.as_view(), name="person-disclosure"),
    re_path(rf"^{_PERSON}/erase/?$", EraseView.as_view(), name="person-erase"),
    re_path(r"^erasures/(?P<pk>[0-9]{1,18})/?$", ErasureView.as_view(), name="erasure-detail"),
    re_path(r"^worker/claim/?$", ClaimView.as_view(), name="worker-claim"),
    re_path(r"^worker/heartbeat/?$", HeartbeatView.as_view(), name="worker-heartbeat"),
    re_path(r"^worker/events/?$", WorkView.as_view(), name="worker-events"),
    re_path(rf"^{_HELD}/photo/?$", PhotoView.as_view(), name="worker-photo"),
    re_path(rf"^{_HELD}/complete/?$", CompleteView.as_view(), name="worker-complete"),
    re_path(rf"^{_HELD}/fail/?$", FailView.as_view(), name="worker-fail"),
    re_path(rf"^{_HELD}/release/?$", ReleaseView.as_view(), name="worker-release"),
    re_path(r"^models/?$", ActiveModelsView.as_view(), name="models"),
    re_path(r"^models/available/?$", AvailableModelsView.as_view(), name="models-available"),
    re_path(r"^models/unload-all/?$", UnloadAllView.as_view(), name="models-unload-all"),
    re_path(rf"^models/load/{ROLE}/{NAME}/?$", LoadView.as_view(), name="model-load"),
    re_path(rf"^models/unload/{ROLE}/{NAME}/?$", UnloadView.as_view(), name="model-unload"),
    re_path(rf"^models/{ROLE}/?$", RoleView.as_view(), name="role"),
    re_path(r"^admin/stats/?$", StatsView.as_view(), name="stats"),
    re_path(r"^admin/cleanup/?$", CleanUpView.as_view(), name="cleanup"),
    re_path(r"^health/?$", HealthView.as_view(), name="api-health"),
    re_path(r"^", NothingHereView.as_view(schema=None)),
]

urlpatterns = [
    path("api/v1/", include(api)),  # first: what comes before it is tried for each request
    path("", points.HomeView.as_view(), name="home"),
    *points.urlpatterns,
    *doors.urlpatterns,
    path("admin/language/", set_language, name="language"),
    path("admin/queue/", include(queue_page.urls)),
    path("admin/search/", include(search_page.urls)),
    path("admin/review/", include(review_page.urls)),
    path("admin/training/", include(training_page.urls)),
    path("admin/", admin.site.admin_view(home.page)),  # before the admin's own index
    path("admin/", admin.site.urls),
    re_path(r"^health/?$", HealthView.as_view(schema=None), name="health"),
    re_path(r"^livez/?$", LiveView.as_view(), name="livez"),
    re_path(r"^readyz/?$", ReadyView.as_view(), name="readyz"),
    re_path(r"^metrics/?$", MetricsView.as_view(), name="metrics"),
    path("media/", include(photo_urls.media)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", doors.docs, name="docs"),
    re_path(r"^(?:api|job)/", NothingHereView.as_view(schema=None)),
]

admin.site.site_header = "Kindred"
admin.site.site_title = "Kindred"
admin.site.index_title = _("Photos and people")
