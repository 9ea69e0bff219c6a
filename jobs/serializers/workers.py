"""What remote workers say and are told. What they find is checked in `worker_answers`."""

from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from jobs.active import Making
from jobs.models import STATUS, Item, RemoteWorker
from jobs.remote.answers import MAX_DETAIL, is_composed, wanted
from photos.operations import OPERATIONS
from photos.roles import spaces
from search.serializers.asked import valid

MAX_PHOTOS = 32  # of one claim
MAX_HELD = 1000  # in the hands of one worker
WORKER_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$"


class WordsOfWorker(serializers.Serializer[Any]):
    """What every request of a worker says."""

    worker_id = serializers.RegexField(WORKER_ID, help_text="The worker's own name.")

    @classmethod
    def read(cls, data: Any) -> Self:
        """
        Raises:
            Unprocessable: naming the field, and what to send.
        """
        return valid(cls(data=data))


class ClaimSerializer(WordsOfWorker):
    version = serializers.CharField(default="", max_length=40, allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_PHOTOS)
    recipes = serializers.DictField(
        child=serializers.CharField(max_length=300),
        help_text="By operation: the models that the worker has for it, as `recipes` names them.",
    )


class HeldSerializer(WordsOfWorker):
    """Of a photo that a worker holds."""

    lease = serializers.IntegerField(min_value=1, help_text="As the claim had it.")


class FailSerializer(HeldSerializer):
    code = serializers.CharField(max_length=40, help_text="One of docs/api.md's.")
    detail = serializers.CharField(max_length=MAX_DETAIL, help_text="A sentence for the caller.")


class FindingsSerializer(HeldSerializer):
    """Findings, as docs/remote-workers.md has them: wrong ones are refused with the place."""

    sha256 = serializers.CharField(help_text="Of the bytes that the worker has looked at.")
    recipes = serializers.DictField(help_text="By operation, as the claim had them.")
    stage_ms = serializers.DictField(help_text="Milliseconds of each stage.")
    picture = serializers.DictField(
        allow_null=True, help_text="format, width, height, exif, thumbnail; null: nothing was left."
    )
    findings = serializers.DictField(help_text="By operation.")
    failures = serializers.DictField(help_text="By operation: the code and detail of what failed.")


class LeaseSerializer(serializers.Serializer[Item]):
    """A photo that is the worker's until the lease ends."""

    id = serializers.IntegerField()
    lease = serializers.IntegerField(source="leases", help_text="Its number, for all that follows.")
    operations = serializers.SerializerMethodField()
    photo_url = serializers.SerializerMethodField()

    def get_operations(self, item: Item) -> list[str]:
        """What the worker is to do, in this order."""
        recipes = self.context["recipes"]
        return [
            each.name for each in wanted(item, recipes) if not is_composed(each.name, each.recipe)
        ]

    def get_photo_url(self, item: Item) -> str:
        worker: RemoteWorker = self.context["worker"]
        query = {"worker_id": worker.name, "lease": item.leases}
        return f"{reverse('worker-photo', kwargs={'pk': item.pk})}?{urlencode(query)}"


class ClaimedSerializer(serializers.Serializer[Any]):
    """What was claimed, and all that a worker has to know to do it."""

    items = LeaseSerializer(many=True)
    lease_s = serializers.FloatField(help_text="Send a heartbeat more often.")
    max_pixels = serializers.IntegerField(help_text="Of a photo. More is `image_too_large`.")
    max_bytes = serializers.IntegerField(help_text="Of a photo's file.")
    roles = serializers.DictField(child=serializers.CharField(), help_text="role: active model")
    spaces = serializers.DictField(child=serializers.CharField(), help_text="model: its space")
    recipes = serializers.DictField(child=serializers.CharField(), help_text="operation: models")
    able = serializers.ListField(
        child=serializers.ChoiceField(choices=OPERATIONS),
        help_text="What the worker's recipes allow it to do.",
    )

    @classmethod
    def of(cls, worker: RemoteWorker, items: Sequence[Item], making: Making) -> Self:
        known = spaces(settings.MODEL_REPOSITORY)
        claimed = {
            "items": items,
            "lease_s": settings.LEASE_S,
            "max_pixels": settings.MAX_PHOTO_PIXELS,
            "max_bytes": settings.MAX_PHOTO_BYTES,
            "roles": making.active,
            "spaces": {name: known[name] for name in making.active.values() if name in known},
            "recipes": making.recipes,
            "able": worker.operations,
        }
        return cls(claimed, context={"worker": worker, "recipes": making.recipes})


class BeatSerializer(WordsOfWorker):
    items = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        max_length=MAX_HELD,
        help_text="The ids of all photos that the worker has in hand: others get the rest.",
    )


class HeldItemSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    cancelling = serializers.BooleanField(help_text="Nobody wants it any more: release it.")


class HeartbeatSerializer(serializers.Serializer[Any]):
    """What the worker still holds."""

    items = HeldItemSerializer(many=True)
    lease_s = serializers.FloatField()


class EndedErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class EndedSerializer(serializers.Serializer[Any]):
    """How the photo's work has ended, for this time."""

    status = serializers.ChoiceField(choices=list(STATUS.values()))
    error = EndedErrorSerializer(allow_null=True)
