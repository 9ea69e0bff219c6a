"""Questions that are kept, over HTTP: each owner's own."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

import photos.services
from jobs import saved_searches
from jobs.views.search import shown
from photos.models import owners_of
from photos.pages import Pages
from search.models import SavedSearch
from search.serializers.answers import FoundSerializer
from search.serializers.asked import PageSerializer, checked
from search.serializers.saved import SavedSearchSerializer, SavingSerializer


class SavedSearchViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[SavedSearch],
):
    """Searches to ask again, with how many photos they found when they were asked last."""

    serializer_class = SavedSearchSerializer
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[SavedSearch]:
        return SavedSearch.objects.filter(owner__in=owners_of(self.request.user))

    @extend_schema(request=SavingSerializer, responses={201: SavedSearchSerializer})
    def create(self, request: Request) -> Response:
        """Keep a question under a name, and count what it finds."""
        asked = checked(SavingSerializer, request.data)
        owner = photos.services.owner_of(request.user)
        saved = saved_searches.save(owner, asked["name"], asked["asked"])
        return Response(SavedSearchSerializer(saved).data, status.HTTP_201_CREATED)

    @extend_schema(request=SavingSerializer(partial=True), responses=SavedSearchSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Give it another name, another question, or both; then it is counted again."""
        asked = checked(SavingSerializer, request.data, partial=True)
        saved = saved_searches.change(self.get_object(), **asked)
        return Response(SavedSearchSerializer(saved).data)

    @extend_schema(parameters=[PageSerializer], responses=FoundSerializer)
    def results(self, request: Request, pk: str) -> Response:
        """Ask it now. Its first page counts it again."""
        page = checked(PageSerializer, request.query_params)
        return shown(request, saved_searches.ask(self.get_object(), **page))
