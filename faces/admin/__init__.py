"""The people desk for staff. Importing it registers the pages.

The page of a person is registered by `jobs`: erasing somebody spans the house.
"""

from faces.admin import clusters, edits, erasures, faces

__all__ = ["clusters", "edits", "erasures", "faces"]
