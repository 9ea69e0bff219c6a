"""How lists of the API are cut into pages."""

from rest_framework.pagination import CursorPagination


class Pages(CursorPagination):
    """Newest first. A page stays what it is while rows are added."""

    ordering: tuple[str, ...] = ("-pk",)
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
