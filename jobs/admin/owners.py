"""Whose photos and people a page is about: staff look at one owner's at a time."""

import re

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from photos.models import Owner, Photo

OWNERS_SHOWN = 100  # to choose from: the newest
_KEY = re.compile("[0-9]{1,18}")


def owner_of(request: HttpRequest) -> Owner | None:
    """Who is asked for; else who the user acts for, or who has the newest photo.

    Raises:
        Http404: there is no such owner.
    """
    if key := request.GET.get("owner"):
        owner = Owner.objects.filter(pk=int(key)).first() if _KEY.fullmatch(key) else None
        if owner is None:
            raise Http404(_("There is no such owner."))
        return owner
    newest = Photo.objects.select_related("owner").order_by("-pk")
    own = Owner.objects.of(request.user).first()
    return own or next((photo.owner for photo in newest[:1]), None)


def owners_offered(owner: Owner) -> list[Owner]:
    newest = Owner.objects.order_by("-pk")[:OWNERS_SHOWN]
    return sorted({owner, *newest}, key=lambda each: each.subject)
