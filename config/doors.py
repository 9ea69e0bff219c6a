"""Where clients of the systems that this one replaces look for what it does: see docs/switching.md.

What they share with our own API is at its addresses: `/api/v1/…`.
"""

from csp.decorators import csp_update
from django.urls import re_path
from drf_spectacular.views import SpectacularSwaggerSplitView

from jobs.doors.badak import views as badak
from jobs.doors.microservice import views as microservice
from jobs.views.staff import CleanUpView, StatsView

_JOB = r"(?P<pk>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"

# Swagger's own style sheet has pictures in it, as data.
docs = csp_update({"img-src": "data:"})(
    SpectacularSwaggerSplitView.as_view(template_name="api/docs.html")
)

urlpatterns = [
    re_path(r"^docs/?$", docs),
    re_path(r"^api/process/?$", badak.BadakProcessView.as_view(), name="badak-process"),
    re_path(r"^api/batch-process/?$", badak.BadakBatchView.as_view(), name="badak-batch"),
    re_path(r"^api/merge-clusters/?$", badak.BadakMergeView.as_view(), name="badak-merge"),
    re_path(rf"^api/jobs/{_JOB}/?$", badak.BadakJobView.as_view(), name="badak-job"),
    re_path(r"^api/clusters/?$", badak.BadakClustersView.as_view(), name="badak-clusters"),
    re_path(
        r"^api/cluster/(?P<public_id>clu_[0-9a-f]{1,16})/thumbnail/?$",
        badak.BadakThumbnailView.as_view(),
        name="badak-thumbnail",
    ),
    re_path(
        rf"^job/{_JOB}/?$",
        microservice.MicroserviceJobViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="microservice-job",
    ),
    re_path(
        r"^job/(?P<task_type>[a-z_]{1,40})/?$",
        microservice.MicroserviceNewJobView.as_view(),
        name="microservice-new-job",
    ),
    re_path(r"^admin/stats/?$", StatsView.as_view(schema=None)),
    re_path(r"^admin/cleanup/?$", CleanUpView.as_view(schema=None)),
]
