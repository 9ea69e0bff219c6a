"""Where everything is. API paths answer with and without the trailing slash."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

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
from faces.views import ClusterFacesView, ClusterViewSet, GroupView
from jobs.views import JobViewSet, ProcessImageView, ReindexView
from photos.views import MediaView

_CLUSTER = r"faces/clusters/(?P<public_id>clu_[0-9a-f]{1,16})"

api = [
    re_path(r"^process/image/?$", ProcessImageView.as_view(), name="process-image"),
    re_path(r"^process/reindex/?$", ReindexView.as_view(), name="process-reindex"),
    re_path(r"^jobs/?$", JobViewSet.as_view({"get": "list"}), name="job-list"),
    re_path(
        r"^jobs/(?P<pk>[0-9a-f-]{36})/?$",
        JobViewSet.as_view({"get": "retrieve"}),
        name="job-detail",
    ),
    re_path(r"^faces/cluster/?$", GroupView.as_view(), name="faces-cluster"),
    re_path(r"^faces/clusters/?$", ClusterViewSet.as_view({"get": "list"}), name="cluster-list"),
    re_path(rf"^{_CLUSTER}/?$", ClusterViewSet.as_view({"get": "retrieve"}), name="cluster-detail"),
    re_path(rf"^{_CLUSTER}/faces/?$", ClusterFacesView.as_view(), name="cluster-faces"),
    re_path(r"^models/?$", ActiveModelsView.as_view(), name="models"),
    re_path(r"^models/available/?$", AvailableModelsView.as_view(), name="models-available"),
    re_path(r"^models/unload-all/?$", UnloadAllView.as_view(), name="models-unload-all"),
    re_path(rf"^models/load/{ROLE}/{NAME}/?$", LoadView.as_view(), name="model-load"),
    re_path(rf"^models/unload/{ROLE}/{NAME}/?$", UnloadView.as_view(), name="model-unload"),
    re_path(rf"^models/{ROLE}/?$", RoleView.as_view(), name="role"),
    re_path(r"^health/?$", HealthView.as_view(), name="api-health"),
    re_path(r"^", NothingHereView.as_view(schema=None)),
]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", admin.site.urls),
    re_path(r"^(?:health|readyz)/?$", HealthView.as_view(schema=None), name="health"),
    path("media/<path:key>", MediaView.as_view(), name="media"),
    path("api/v1/", include(api)),
    path("api/schema/", SpectacularAPIView.as_view(permission_classes=()), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(permission_classes=()), name="docs"),
]

admin.site.site_header = "Kindred"
admin.site.site_title = "Kindred"
admin.site.index_title = "Photos and people"
