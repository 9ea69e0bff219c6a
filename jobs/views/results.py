"""The files of a job's results, over HTTP."""

import re
import uuid
from itertools import islice
from urllib.parse import urlencode

from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs import result_files
from jobs.models import Job
from jobs.result_files import ResultFile
from photos.models import owners_of
from photos.views import OneAnswer

_PAGE = 1000  # files


class ResultFileSerializer(serializers.Serializer[ResultFile]):
    path = serializers.CharField(help_text="Such as `faces/0.jpg`, or `3/faces/0.jpg`.")
    size_bytes = serializers.IntegerField()
    url = serializers.SerializerMethodField()

    def get_url(self, file: ResultFile) -> str:
        kwargs = {"pk": self.context["job"], "path": file.path}
        url: str = self.context["request"].build_absolute_uri(reverse("job-file", kwargs=kwargs))
        return url


class ResultFilesSerializer(serializers.Serializer[None]):
    """The files of a job's results, some of them at a time."""

    next = serializers.URLField(allow_null=True)
    results = ResultFileSerializer(many=True)


class JobFilesView(APIView):
    """Which files a job has left, as it was asked for with `result_files`."""

    @extend_schema(
        operation_id="jobs_files_list",
        parameters=[OpenApiParameter("after", description="A path: only what comes after it.")],
        responses=ResultFilesSerializer,
    )
    def get(self, request: Request, pk: str) -> Response:
        """Files by position and number; those of photos that are not done yet are missing."""
        job, after = _visible(request, pk), request.query_params.get("after", "")
        if after and not re.fullmatch(result_files.PATH, after):
            raise serializers.ValidationError({"after": "Give the path of a file of the list."})
        found = list(islice(result_files.files(job, after=after), _PAGE + 1))
        page, more = found[:_PAGE], len(found) > _PAGE
        context = {"request": request, "job": job}
        body = {
            "next": _after(request, page[-1]) if more else None,
            "results": [ResultFileSerializer(file, context=context).data for file in page],
        }
        return Response(body)


class JobFileView(APIView):
    """One of those files."""

    content_negotiation_class = OneAnswer

    @extend_schema(responses={(200, "application/octet-stream"): bytes, (200, "image/jpeg"): bytes})
    def get(self, request: Request, pk: str, path: str) -> HttpResponseBase:
        """A `.bin` is a vector as float32, little endian; a `.jpg` a face."""
        job = _visible(request, pk)
        try:
            file = result_files.opened(job, path)
        except OSError as exc:
            raise Http404 from exc
        media_type = "image/jpeg" if path.endswith(".jpg") else "application/octet-stream"
        name = path.replace("/", "-")
        response = FileResponse(file, as_attachment=True, filename=name, content_type=media_type)
        response["Cache-Control"] = "private, no-cache"
        return response


def _visible(request: Request, pk: str) -> uuid.UUID:
    """The job, if it is the caller's owner's, or the caller is staff who may see all of them."""
    user, jobs = request.user, Job.objects.all()
    if not (user.is_staff and user.has_perm("jobs.view_job")):
        jobs = jobs.filter(owner__in=owners_of(user))
    return get_object_or_404(jobs.only("pk"), pk=pk).pk


def _after(request: Request, file: ResultFile) -> str:
    query = urlencode({"after": file.path})
    return request.build_absolute_uri(f"{request.path}?{query}")
