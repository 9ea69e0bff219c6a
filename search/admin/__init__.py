"""What is in photos, for staff: a module for each subject."""

from search.admin import alike, found

__all__ = ["alike", "found"]
