"""In which space photos are searched."""

import photos.services
from inference.roles import IMAGE_ENCODER
from photos.models import Space


def image_space() -> Space | None:
    """That of whole photos; None while no photo was ever embedded."""
    return photos.services.current_space(IMAGE_ENCODER.name)
