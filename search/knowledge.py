"""What words may stand for in the library of an owner."""

from django.conf import settings

from faces.models import Person
from photos.models import Owner
from photos.places import KnownPlaces
from search.questions import Known
from search.vocabulary import load


def known_to(owner: Owner, where: KnownPlaces) -> Known:
    """`where`: of the owner's photos.

    Raises:
        VocabularyError: a file of the vocabulary is broken.
    """
    vocabulary = load(settings.VOCABULARY_DIR)
    people = Person.objects.filter(owner=owner).values_list("name", "aliases")
    return Known(
        people={name: tuple(aliases) for name, aliases in people},
        places=where.names,
        within=where.within,
        objects=vocabulary.object_words,
        phrases=vocabulary.phrases,
        words=vocabulary.words,
    )
