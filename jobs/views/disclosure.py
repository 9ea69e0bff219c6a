"""All that is known of one person, over HTTP."""

import tempfile

from django.http import FileResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.views import APIView

import photos.services
from faces.models import Person
from jobs.disclosure import disclose
from photos.views import OneAnswer


class DisclosureView(APIView):
    """All that is known of one person, for them to read."""

    content_negotiation_class = OneAnswer

    @extend_schema(responses={(200, "application/zip"): bytes})
    def get(self, request: Request, pk: str) -> FileResponse:
        """A ZIP with a page to read, all of it as JSON, and the pictures of their faces."""
        mine = Person.objects.filter(owner=photos.services.owner_of(request.user))
        person = get_object_or_404(mine.select_related("owner"), pk=pk)
        file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it is sent
        try:
            disclose(person, file)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return FileResponse(
            file,
            as_attachment=True,
            filename=f"person-{person.pk}.zip",
            content_type="application/zip",
        )
