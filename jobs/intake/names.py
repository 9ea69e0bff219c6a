"""What the file of a photo is called, as far as those know who have sent it."""

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from jobs.models import Item

_MOST = 255  # letters that are kept of a name


def file_names(item: Item) -> list[str]:
    """Names of the file of the item's photo, the surest first: one may say when it was taken.

    What was uploaded has no name in its location; a caller's own id may be one.
    """
    named = [item.file_name]
    if item.source == Item.Source.URL:
        named.append(name_in(item.location))
    elif item.source in {Item.Source.STORAGE, Item.Source.MEDIA_STORE}:
        named.append(PurePosixPath(item.location).name)
    return [*filter(None, named), PurePosixPath(item.external_id).name]


def name_in(url: str) -> str:
    """The last part of a URL's path, as people read it."""
    return PurePosixPath(unquote(urlsplit(url).path)).name[:_MOST].replace("\0", "")
