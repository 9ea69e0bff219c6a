"""Where photos are searched, below /api/v1/."""

from django.urls import re_path

from config.spaces_api import SpacesView, SwitchView
from jobs.views.recognition import ByFaceView
from jobs.views.saved_searches import SavedSearchViewSet
from jobs.views.search import ByObjectView, SearchView
from jobs.views.suggestions import ObjectsView, SuggestView
from search.views.alike import (
    DifferentView,
    GroupView,
    NearDuplicatesView,
    SimilarView,
    TakeBackView,
)

_DUPLICATES = r"search/near-duplicates/(?P<pk>[0-9]{1,18})"
_SAVED = r"^search/saved/(?P<pk>[0-9]{1,18})"

urls = [
    re_path(r"^search/?$", SearchView.as_view(), name="search"),
    re_path(r"^search/by-face/?$", ByFaceView.as_view(), name="search-by-face"),
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
    re_path(r"^search/spaces/?$", SpacesView.as_view(), name="search-spaces"),
    re_path(r"^search/spaces/switch/?$", SwitchView.as_view(), name="search-spaces-switch"),
    re_path(r"^search/near-duplicates/?$", NearDuplicatesView.as_view(), name="near-duplicates"),
    re_path(rf"^{_DUPLICATES}/?$", GroupView.as_view(), name="near-duplicates-of"),
    re_path(rf"^{_DUPLICATES}/different/?$", DifferentView.as_view(), name="different"),
    re_path(rf"^{_DUPLICATES}/different/undo/?$", TakeBackView.as_view(), name="different-undo"),
    re_path(r"^search/similar/(?P<pk>[0-9]{1,18})/?$", SimilarView.as_view(), name="similar"),
]
