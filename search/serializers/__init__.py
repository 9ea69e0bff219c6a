"""Photos and what is found in them, questions and answers, as API callers see them."""

from search.serializers.photos import PhotoSerializer

__all__ = ["PhotoSerializer"]
