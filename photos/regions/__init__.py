"""Names in the files of photos: face regions of MWG-RS and of Microsoft, as XMP has them.

Source: Guidelines for Handling Image Metadata 2.0 (Metadata Working Group 2010), section 5;
People Tagging Overview (Microsoft, schema "MP", Photo 1.2); XMP Specification parts 1 and 3.
"""

from photos.regions.embedded import read_embedded
from photos.regions.frames import MAX_NAME, MAX_REGIONS, Region
from photos.regions.reading import read
from photos.regions.sidecars import sidecar

__all__ = ["MAX_NAME", "MAX_REGIONS", "Region", "read", "read_embedded", "sidecar"]
