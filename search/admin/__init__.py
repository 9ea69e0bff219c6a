"""What is in photos, for staff: a module for each subject."""

from search.admin import alike, asked, found

__all__ = ["alike", "asked", "found"]
