"""How the API describes itself, to drf-spectacular."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Kindred",
    "DESCRIPTION": "Who, what, where and when is in every photo; no photo leaves the house.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "EditKind": "faces.models.Edit.Kind",
        "EventKind": "jobs.models.Event.Kind",
        "JobKind": "jobs.models.Job.Kind",
        "JobStatus": "jobs.serializers.jobs.STATUSES",
        "MembershipHow": "faces.models.Membership.How",
        "SyncStatus": "jobs.serializers.jobs.SYNC_STATUSES",
        "ServiceDevice": "config.health.DEVICES",
        "WhyNot": "faces.serializers.review.WHY",
    },
}
