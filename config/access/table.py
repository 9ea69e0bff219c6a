"""What each endpoint of the API asks of whoever comes: the whole of it, as one table.

An endpoint that has no row here is closed to everybody. docs/permissions.md shows it by address.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from config.access.scopes import Scope


class Way(StrEnum):
    """How somebody comes in."""

    ANYHOW = "nothing"
    CALLER = "a key, a JWT or a session"
    WORKER = "a worker token"
    OWN = "a secret of its own"  # which the endpoint looks at itself
    WATCHER = "`METRICS_TOKEN`, an address of `METRICS_ALLOWED_IPS`, or as a caller"


@dataclass(frozen=True)
class Need:
    way: Way
    scope: Scope | None = None
    right: str = ""  # that the user must have besides, as one of the staff


ANYBODY, WORKER, OWN_SECRET = Need(Way.ANYHOW), Need(Way.WORKER), Need(Way.OWN)
READ, WRITE, PEOPLE, KEYS = (
    Need(Way.CALLER, each) for each in (Scope.READ, Scope.WRITE, Scope.PEOPLE, Scope.KEYS)
)
SEE_JOBS, CLEAN_UP, STEER = (
    Need(Way.CALLER, Scope.ADMIN, right)
    for right in ("jobs.view_job", "jobs.delete_job", "photos.change_servedmodel")
)
WATCH = Need(Way.WATCHER, Scope.ADMIN, "jobs.view_job")  # as a caller
KNOWN = Need(Way.CALLER)  # of what is no endpoint, or has no such method: it is said to callers

# By the view's class: what each of its actions, or else its methods, needs.
TABLE: Mapping[str, Mapping[Need, str]] = {
    "ActivateMatcherView": {STEER: "post"},
    "ActiveModelsView": {READ: "get"},
    "AnnotatedView": {READ: "get post"},
    "AssignView": {PEOPLE: "post"},
    "AvailableModelsView": {READ: "get"},
    "BadakBatchView": {WRITE: "post"},
    "BadakClustersView": {READ: "get"},
    "BadakJobView": {READ: "get"},
    "BadakMergeView": {PEOPLE: "post"},
    "BadakProcessView": {WRITE: "post"},
    "BadakThumbnailView": {READ: "get"},
    "BatchView": {WRITE: "post"},
    "ByFaceView": {READ: "post"},
    "ByObjectView": {READ: "get post"},
    "CentroidsView": {PEOPLE: "post"},
    "ClaimView": {WORKER: "post"},
    "CleanUpView": {CLEAN_UP: "delete"},
    "ClearView": {PEOPLE: "post"},
    "ClusterFacesView": {READ: "get"},
    "ClusterHistoryView": {READ: "get"},
    "ClusterView": {PEOPLE: "post"},
    "ClusterViewSet": {READ: "list retrieve", PEOPLE: "partial_update label assign split"},
    "CollectionViewSet": {READ: "list retrieve exists", WRITE: "create"},
    "CompleteView": {WORKER: "post"},
    "DeliveryViewSet": {READ: "list retrieve", WRITE: "resend"},
    "DifferentView": {WRITE: "post"},
    "DisclosureView": {PEOPLE: "get"},
    "DualView": {PEOPLE: "post"},
    "EditDoors": {PEOPLE: "undo"},
    "EditViewSet": {READ: "list retrieve"},
    "EnrolView": {PEOPLE: "post"},
    "EraseView": {PEOPLE: "post"},
    "ErasureView": {READ: "get"},
    "EventsView": {READ: "get"},
    "ExplanationView": {READ: "get"},
    "ExportView": {PEOPLE: "get"},
    "FaceBoxView": {PEOPLE: "put patch"},
    "FaceDoors": {READ: "retrieve", PEOPLE: "destroy"},
    "FaceHistoryView": {READ: "get"},
    "FaceStatsView": {READ: "get"},
    "FaceViewSet": {READ: "list", PEOPLE: "assign move remove confirm ignore answer"},
    "FailView": {WORKER: "post"},
    "GroupView": {READ: "get"},
    "HealthView": {ANYBODY: "get"},
    "HeartbeatView": {WORKER: "post"},
    "IdentifyView": {READ: "post"},
    "ImportView": {PEOPLE: "post"},
    "JobEventsView": {READ: "get"},
    "JobFileView": {READ: "get"},
    "JobFilesView": {READ: "get"},
    "JobItemsView": {READ: "get"},
    "JobViewSet": {
        READ: "list retrieve standing",
        WRITE: "destroy cancel pause resume retry",
    },
    "KeyViewSet": {KEYS: "list create retrieve destroy rotate"},
    "LiveView": {ANYBODY: "get"},
    "LoadView": {STEER: "post"},
    "MatcherPlotView": {STEER: "get"},
    "MatchersView": {STEER: "get"},
    "MediaView": {READ: "get"},
    "MergeView": {PEOPLE: "post"},
    "MetricsView": {WATCH: "get"},
    "MicroserviceJobViewSet": {READ: "retrieve", WRITE: "destroy"},
    "MicroserviceNewJobView": {WRITE: "post"},
    "NearDuplicatesView": {READ: "get"},
    "NoSuchView": {KNOWN: ""},
    "NothingHereView": {ANYBODY: ""},
    "ObjectsView": {READ: "get"},
    "PersonClustersView": {READ: "get"},
    "PersonDoors": {READ: "retrieve", PEOPLE: "partial_update destroy"},
    "PersonFacesView": {READ: "get"},
    "PersonHistoryView": {READ: "get"},
    "PersonViewSet": {READ: "list", PEOPLE: "create merge reject"},
    "PhotoFacesView": {PEOPLE: "post"},
    "PhotoView": {WORKER: "get"},
    "PointViewSet": {
        READ: "retrieve scroll count search search_batch query query_batch one",
        WRITE: "upsert set_payload overwrite_payload delete_points delete_payload clear_payload",
    },
    "ProcessImageView": {WRITE: "post"},
    "ReadNamesView": {PEOPLE: "post"},
    "ReadyView": {ANYBODY: "get"},
    "ReclusterView": {PEOPLE: "post"},
    "RedetectView": {PEOPLE: "post"},
    "ReferencesView": {PEOPLE: "post"},
    "ReindexView": {WRITE: "post"},
    "ReleaseView": {WORKER: "post"},
    "ReportView": {READ: "get"},
    "ReviewView": {READ: "get"},
    "RoleView": {STEER: "put"},
    "RollBackMatcherView": {STEER: "post"},
    "SavedSearchViewSet": {
        READ: "list retrieve results",
        WRITE: "create partial_update destroy",
    },
    "SearchView": {READ: "get post"},
    "SidecarView": {READ: "post"},
    "SignedFileView": {ANYBODY: "get"},
    "SimilarView": {READ: "get"},
    "SpacesView": {READ: "get"},
    "SpectacularAPIView": {ANYBODY: "get"},
    "SpectacularSwaggerSplitView": {ANYBODY: "get"},
    "StatsView": {SEE_JOBS: "get"},
    "StorageWebhookView": {OWN_SECRET: "post"},
    "StoredPhotoView": {WRITE: "delete"},
    "SuggestView": {READ: "get"},
    "SwitchView": {STEER: "post"},
    "TakeBackView": {WRITE: "post"},
    "ThumbnailsView": {WRITE: "post"},
    "TrainView": {STEER: "post"},
    "UnloadAllView": {STEER: "post"},
    "UnloadView": {STEER: "post"},
    "VerifyView": {READ: "post"},
    "WebhookViewSet": {
        READ: "list retrieve",
        WRITE: "create partial_update destroy rotate enable ping",
    },
    "WorkView": {WORKER: "get"},
}
# The same of what is called over gRPC.
CALLS: Mapping[str, Mapping[Need, str]] = {
    "FaceRecognition": {READ: "get_photo", WRITE: "process_photo process_photos"},
}
_BY_ACTION: Mapping[str, Mapping[str, Need]] = {
    view: {act: need for need, acts in row.items() for act in acts.split()}
    for view, row in {**TABLE, **CALLS}.items()
}


def need_of(view: type[Any], act: str) -> Need | None:
    """What an action, or a method, of a view's class needs. None: the class has no row."""
    row = _BY_ACTION.get(view.__name__)
    if row is None:
        return None
    open_to_all = all(need in {ANYBODY, OWN_SECRET} for need in row.values())
    return row.get(act, ANYBODY if open_to_all else KNOWN)
