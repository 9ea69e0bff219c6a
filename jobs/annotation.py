"""A photo with its faces marked, and names beside them: drawn anew each time, kept nowhere."""

from io import BytesIO

from PIL import Image

import photos.thumbnails
from faces.models import Face
from inference.arrays import RGB
from local.drawing import draw_marks
from local.marks import MOST_LETTERS, NOBODY, PEOPLE, Kind, Mark
from photos.decoding import decoders
from photos.images import shrunk
from photos.models import Photo

SIDE = 1600  # pixels of the longer side, at most
QUALITY = 85  # of JPEG, 0 to 100


def annotated(photo: Photo) -> bytes:
    """A JPEG of `photo` with the faces that are known in it. In no transaction: slow.

    Raises:
        OriginalMissing: the photo's file is gone.
        PhotoError: it can't be read any more.
    """
    faces = list(photo.faces.with_people().order_by("pk"))
    with decoders().decoded(photos.thumbnails.original_of(photo)) as decoded:
        pixels = shrunk(decoded.pixels, SIDE)
        return _drawn(pixels, faces, scale=pixels.shape[1] / decoded.width)


def _drawn(pixels: RGB, faces: list[Face], *, scale: float) -> bytes:
    picture = Image.fromarray(pixels)
    draw_marks(picture, [_mark(face).scaled(scale) for face in faces])
    file = BytesIO()
    picture.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def _mark(face: Face) -> Mark:
    right, bottom = face.x + face.width, face.y + face.height
    corners = [(face.x, face.y), (right, face.y), (right, bottom), (face.x, bottom)]
    return Mark(Kind.FACE, corners, _colour(face), _label(face))


def _colour(face: Face) -> str:
    """The same for the same person in all photos."""
    return PEOPLE[face.person.pk % len(PEOPLE)] if face.person else NOBODY


def _label(face: Face) -> str:
    """Their name, and how sure that is where nobody has said it."""
    if face.person is None:
        return "?"
    name, similarity = face.person.name, face.membership.similarity
    short = name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
    return short if similarity is None else f"{short} {similarity:.2f}"
