"""What tags and classes of objects are called, in each language that the vocabulary has."""

from collections.abc import Iterator

from search.vocabulary import DEFAULT_LANGUAGE, Vocabulary

Wording = tuple[str, str]  # language, words


def of_tag(key: str, vocabulary: Vocabulary) -> list[Wording]:
    """A key that the vocabulary doesn't have any more is what it was called."""
    return [(language, vocabulary.word(key, language)) for language in vocabulary.languages]


def of_label(label: str, vocabulary: Vocabulary) -> list[Wording]:
    """The class itself, and one and more of it. Numbers are left out."""
    return [(DEFAULT_LANGUAGE, label), *_counted(label, vocabulary)]


def _counted(label: str, vocabulary: Vocabulary) -> Iterator[Wording]:
    for name, language in vocabulary.languages.items():
        if counted := language.objects.get(label):
            yield name, counted.one
            yield name, counted.many.format(count="")


def tag_lexeme(key: str) -> str:
    """Stands for a tag itself: no text has a colon in a word."""
    return f"tag:{key}"


def label_lexeme(label: str) -> str:
    """Stands for the class of an object itself."""
    return f"object:{label}"


def owner_lexeme(owner: int) -> str:
    """Stands for whose photo it is."""
    return f"owner:{owner}"
