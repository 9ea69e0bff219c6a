"""Where everybody has their API keys, below /api/v1/."""

from django.urls import re_path

from config.keys_api import KeyViewSet

_KEY = r"^keys/(?P<pk>[0-9]{1,18})"

urls = [
    re_path(
        r"^keys/?$", KeyViewSet.as_view({"get": "list", "post": "create"}), name="api-key-list"
    ),
    re_path(
        rf"{_KEY}/?$",
        KeyViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="api-key-detail",
    ),
    re_path(rf"{_KEY}/rotate/?$", KeyViewSet.as_view({"post": "rotate"}), name="api-key-rotate"),
]
