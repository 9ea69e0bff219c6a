"""The people desk for staff. Importing it registers the pages that are of faces alone.

Those that change people are registered by `jobs`: erasing somebody, and what follows from an edit,
spans the house.
"""

from faces.admin import erasures

__all__ = ["erasures"]
