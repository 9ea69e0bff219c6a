"""Where Qdrant's protocol is answered: at the root, as its clients know no other place."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import re_path, reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.vary import vary_on_headers

from jobs.views.points import CollectionViewSet, NoSuchView, PointViewSet

VERSION = "1.15.1"  # of Qdrant's protocol: clients of a neighbouring one are content with it
_COLLECTION = r"^collections/(?P<collection>[^/]+)"
_POINTS = rf"{_COLLECTION}/points"


class HomeView(View):
    """Browsers come to the admin; programs are told what they talk to."""

    @method_decorator(vary_on_headers("Accept"))
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "text/html" in request.headers.get("Accept", ""):
            return HttpResponseRedirect(reverse("admin:index"))
        return JsonResponse({"title": "Kindred", "version": VERSION})


urlpatterns = [
    *(  # those that are asked most often come first: each that does not fit is tried
        re_path(rf"{_POINTS}/{path}/?$", PointViewSet.as_view({"post": action}))
        for path, action in (
            ("search", "search"),
            ("query", "query"),
            ("scroll", "scroll"),
            ("count", "count"),
            ("search/batch", "search_batch"),
            ("query/batch", "query_batch"),
            ("delete", "delete_points"),
            ("payload/delete", "delete_payload"),
            ("payload/clear", "clear_payload"),
        )
    ),
    re_path(rf"{_POINTS}/?$", PointViewSet.as_view({"put": "upsert", "post": "retrieve"})),
    re_path(
        rf"{_POINTS}/payload/?$",
        PointViewSet.as_view({"post": "set_payload", "put": "overwrite_payload"}),
    ),
    re_path(rf"{_POINTS}/(?P<number>[0-9a-f-]+)/?$", PointViewSet.as_view({"get": "one"})),
    re_path(r"^collections/?$", CollectionViewSet.as_view({"get": "list"})),
    re_path(rf"{_COLLECTION}/?$", CollectionViewSet.as_view({"get": "retrieve", "put": "create"})),
    re_path(rf"{_COLLECTION}/exists/?$", CollectionViewSet.as_view({"get": "exists"})),
    re_path(r"^collections/", NoSuchView.as_view()),
]
