"""Whether the media store has been told of its photos."""

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from jobs.models.claims import ItemQuerySet
from jobs.models.deliveries import Delivery


def with_sync(items: ItemQuerySet) -> ItemQuerySet:
    """Each with `sync`: how telling the media store of its last end goes. None: nothing is told."""
    told = Delivery.objects.filter(item=OuterRef("pk"), channel=Delivery.Channel.MEDIA_STORE)
    facts = JSONObject(
        state="state", attempts="attempts", error="error", delivered_at="delivered_at"
    )
    last = {"sync": Subquery(told.order_by("-pk").values(facts=facts)[:1])}
    return items.annotate(**last)
