"""The people desk for staff. Importing it registers the pages.

The pages of people and of edits are registered by `jobs`: erasing somebody, and what follows from
undoing an edit, spans the house.
"""

from faces.admin import clusters, erasures, faces

__all__ = ["clusters", "erasures", "faces"]
