"""Who is where, by a photo's own file."""

from collections.abc import Iterator

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from photos.errors import XmpInvalid
from photos.regions.frames import Region
from photos.regions.reading import read

# What a segment of a JPEG with a part of a long packet begins with; then come the name of the
# packet, which the main packet mentions, its length, where the part belongs, and the part.
# Source: XMP Specification part 3, section 1.1.3.1.
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
NAME = slice(len(EXTENSION), len(EXTENSION) + 32)
OFFSET = slice(NAME.stop + 4, NAME.stop + 8)
PART = slice(OFFSET.stop, None)


def read_embedded(
    image: Image.Image, size: tuple[int, int], orientation: int
) -> tuple[Region, ...]:
    """The regions in a loaded image, as read(). Never raises: what cannot be read is not there."""
    for packet in _packets(image):
        try:
            regions = read(packet, size, orientation)
        except XmpInvalid:
            continue
        if regions:
            return tuple(regions)
    return ()


def _packets(image: Image.Image) -> Iterator[bytes]:
    main = image.info.get("xmp")
    if not isinstance(main, bytes):
        return
    yield main
    if isinstance(image, JpegImageFile) and (extension := _extension(image, main)):
        yield extension


def _extension(image: JpegImageFile, main: bytes) -> bytes:
    """What did not fit into the main packet, and was moved to another one."""
    parts = {
        int.from_bytes(data[OFFSET]): data[PART]
        for app, data in image.applist
        if app == "APP1" and data.startswith(EXTENSION) and data[NAME] in main
    }
    return b"".join(parts[offset] for offset in sorted(parts))
