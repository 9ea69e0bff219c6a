"""How the API answers (Django REST framework) and describes itself (drf-spectacular)."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.access.authentication.JwtAuthentication",
        "config.access.authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
        "config.access.demo.NoAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["config.access.permission.ByTable"],
    "DEFAULT_THROTTLE_CLASSES": ["config.access.throttle.Often"],
    "DEFAULT_RENDERER_CLASSES": ["config.rendering.ProblemRenderer"],
    "DEFAULT_SCHEMA_CLASS": "config.mishaps.Described",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "config.api.error_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Kindred",
    "DESCRIPTION": "Who, what, where and when is in every photo; no photo leaves the house.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["config.access.permission.ByTable"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "AUTHENTICATION_WHITELIST": [  # that are shown
        "config.access.authentication.KeyAuthentication",
        "jobs.remote.tokens.WorkerTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.mishaps.with_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "EditKind": "faces.models.Edit.Kind",
        "EventKind": "jobs.models.Event.Kind",
        "JobKind": "jobs.models.Job.Kind",
        "JobStatus": "jobs.serializers.jobs.STATUSES",
        "MembershipHow": "faces.models.Membership.How",
        "SyncStatus": "jobs.serializers.jobs.SYNC_STATUSES",
        "ServiceDevice": "config.health.DEVICES",
        "ServiceStatus": "config.health.STATUSES",
        "WhyNot": "faces.serializers.review.WHY",
    },
}
