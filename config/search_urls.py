"""Where photos are searched, below /api/v1/."""

from django.urls import re_path

from jobs.views.saved_searches import SavedSearchViewSet
from jobs.views.search import ByObjectView, SearchView
from jobs.views.suggestions import ObjectsView, SuggestView

_SAVED = r"^search/saved/(?P<pk>[0-9]{1,18})"

urls = [
    re_path(r"^search/?$", SearchView.as_view(), name="search"),
    re_path(r"^search/by-object/?$", ByObjectView.as_view(), name="search-by-object"),
    re_path(r"^search/objects/?$", ObjectsView.as_view(), name="search-objects"),
    re_path(r"^search/suggest/?$", SuggestView.as_view(), name="search-suggest"),
    re_path(
        r"^search/saved/?$",
        SavedSearchViewSet.as_view({"get": "list", "post": "create"}),
        name="saved-search-list",
    ),
    re_path(
        rf"{_SAVED}/?$",
        SavedSearchViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
        name="saved-search-detail",
    ),
    re_path(
        rf"{_SAVED}/results/?$",
        SavedSearchViewSet.as_view({"get": "results"}),
        name="saved-search-results",
    ),
]
