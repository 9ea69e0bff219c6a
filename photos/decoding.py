"""The decoders of this process, as the settings have them."""

from functools import cache

from django.conf import settings

from photos.budget import PixelBudget
from photos.decoder import Limits
from photos.decoders import Decoders


@cache
def decoders() -> Decoders:
    """For as long as this process lives. Made at first need, so after a worker's fork."""
    limits = Limits(settings.MAX_PHOTO_PIXELS, settings.MAX_PHOTO_BYTES, settings.DECODE_TIMEOUT_S)
    return Decoders(settings.DECODERS, limits, PixelBudget(settings.PIXELS_IN_FLIGHT))
