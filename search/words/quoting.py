"""Photos in which a text stands word for word."""

from django.db.models import Exists, OuterRef, Q

from photos.letters import words_of
from photos.models import Owner
from search.models import PhotoWords
from search.words.asked import has
from search.words.vector import literal, phrase
from search.words.wordings import owner_lexeme


def quoted(owner: Owner, text: str) -> Q:
    """Of photos of the owner, those in whose own text `text` stands: its words one after the other.

    Over the ends of lines too. Capitals, accents and what stands between words do not matter; all
    else does. What has no letter or digit stands nowhere. Negate it for the others.
    """
    words = words_of(text)
    if not words:
        return Q(pk__in=[])
    rows = PhotoWords.objects.filter(
        has("text", phrase(words)),
        has("words", literal(owner_lexeme(owner.pk))),
        owner=owner,
        photo=OuterRef("pk"),
    )
    return Q(Exists(rows))
