"""The door for storages that announce new photos."""

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.errors import StorageUnproven
from jobs.intake import storage_webhook
from jobs.intake.storage_webhook import Received


class ReceivedSerializer(serializers.Serializer[Received]):
    job_ids = serializers.ListField(child=serializers.UUIDField(), source="job_pks")
    ignored = serializers.IntegerField(help_text="Events that are about no new photo.")


class StorageWebhookView(APIView):
    """New photos in a bucket of S3, MinIO or Supabase, told by the storage itself.

    Its secret says whose photos they are: no session and no token of a user does.
    """

    authentication_classes = ()
    parser_classes = (JSONParser,)

    @extend_schema(
        request={"application/json": OpenApiTypes.OBJECT},
        responses={
            200: ReceivedSerializer,
            202: ReceivedSerializer,
            401: OpenApiResponse(description="No known secret, or a wrong signature."),
        },
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Answers 202 with a job for each new photo, 200 if there are none. The same again is free.

        `Authorization: Bearer SECRET`, or signed as Standard Webhooks has it.
        """
        try:
            received = storage_webhook.receive(
                request.body, request.headers, result_files=settings.RESULT_FILES
            )
        except StorageUnproven as exc:  # with the header that belongs to a 401
            raise AuthenticationFailed(str(exc)) from exc
        code = status.HTTP_202_ACCEPTED if received.job_pks else status.HTTP_200_OK
        return Response(ReceivedSerializer(received).data, code)

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="storage"'
