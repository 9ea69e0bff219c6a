"""Photos that are meant to harm who opens them, made by `corpus()`; none of them is stored.

`python -m tests.photos.hostile FOLDER` writes them, to try them on something else.
"""

import struct
import sys
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.pictures import jpeg

PNG = b"\x89PNG\r\n\x1a\n"
MANY = 10_000


def chunk(name: bytes, body: bytes) -> bytes:
    """Of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(*chunks: bytes, width: int = 8, height: int = 8) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(8 * (1 + 3 * 8))))
    return PNG + head + b"".join(chunks) + body + chunk(b"IEND", b"")


def saved(image: Image.Image, file_format: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def tiff_of_directories(count: int) -> bytes:
    """As many pictures, each in a directory that names the next one; the last names the first."""
    size = 2 + 12 * 8 + 4
    tags = {256: 1, 257: 1, 258: 8, 259: 1, 262: 1, 273: 8, 278: 1, 279: 1}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    places = [16 + n * size for n in range(count)]
    rest = b"".join(
        struct.pack("<H", len(tags)) + entries + struct.pack("<I", following)
        for following in [*places[1:], places[0]]
    )
    return b"II*\0" + struct.pack("<I", 16) + bytes(8) + rest


def tiff_in_itself() -> bytes:
    """Its EXIF is its own first directory."""
    return b"MM\0*\0\0\0\x08" + b"\0\1" + b"\x87\x69\0\4\0\0\0\1\0\0\0\x08" + b"\0\0\0\x08"


def jpeg_with(marker: int, body: bytes, *, times: int = 1) -> bytes:
    """A photo with segments before all others."""
    segment = struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
    return b"\xff\xd8" + segment * times + jpeg()[2:]


def jpeg_of_scans(count: int) -> bytes:
    data = saved(Image.new("RGB", (64, 48)), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * count + b"\xff\xd9"


def icon_of_sizes(count: int) -> bytes:
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, 40, 6 + 16 * count)
    return struct.pack("<HHH", 0, 1, count) + entry * count + bytes(40)


def heif_of_boxes(depth: int) -> bytes:
    """Boxes in boxes."""
    body = b""
    for _ in range(depth):
        body = struct.pack(">I", len(body) + 8) + b"meta" + body
    return struct.pack(">I", 24) + b"ftypheic\0\0\0\0heicmif1" + body


def bomb(element: str = "l") -> bytes:
    """XML that unpacks to a billion of words."""
    names = [f"{element}{n}" for n in range(10)]
    pairs = zip(names[1:], names, strict=False)
    inner = "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for name, before in pairs)
    return f'<!DOCTYPE x [<!ENTITY {names[0]} "ha">{inner}]><x>&{names[-1]};</x>'.encode()


def animated(file_format: str, frames: int) -> bytes:
    pictures = [Image.new("L", (1, 1), n % 251) for n in range(frames)]
    return saved(pictures[0], file_format, save_all=True, append_images=pictures[1:])


XMP = b"http://ns.adobe.com/xap/1.0/\0"
MAKERS: Mapping[str, Callable[[], bytes]] = {
    "PNG of 2.5 billion pixels": lambda: png(width=50_000, height=50_000),
    "PNG of no width": lambda: png(width=0),
    "PNG of a negative width": lambda: png(width=2**32 - 1, height=1),
    "PNG whose text is a bomb": lambda: png(
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000)))
    ),
    "PNG whose profile is a bomb": lambda: png(
        chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(50_000_000)))
    ),
    "PNG of many chunks": lambda: png(*[chunk(b"tEXt", b"a\0b")] * MANY),
    "PNG whose pixels are a bomb": lambda: (
        PNG + png()[8:33] + chunk(b"IDAT", zlib.compress(bytes(100_000_000))) + chunk(b"IEND", b"")
    ),
    "APNG of many frames": lambda: animated("PNG", 1000),
    "WebP of many frames": lambda: animated("WEBP", 1000),
    "GIF of many frames": lambda: animated("GIF", 1000),
    "TIFF of many directories": lambda: tiff_of_directories(MANY),
    "TIFF in itself": tiff_in_itself,
    "JPEG of many scans": lambda: jpeg_of_scans(65_535),
    "JPEG of many comments": lambda: jpeg_with(0xFE, b"x" * 100, times=MANY),
    "JPEG of many profiles": lambda: jpeg_with(
        0xE2, b"ICC_PROFILE\0\1\xff" + bytes(1000), times=255
    ),
    "JPEG with a directory in itself": lambda: jpeg_with(0xE1, b"Exif\0\0" + tiff_in_itself()),
    "JPEG with an XMP bomb": lambda: jpeg_with(0xE1, XMP + bomb()),
    "JPEG with XMP that reads a file": lambda: jpeg_with(
        0xE1, XMP + b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    ),
    "JPEG with a segment of no length": lambda: b"\xff\xd8\xff\xe1\0\0" + jpeg()[2:],
    "JPEG in a JPEG in a JPEG": lambda: jpeg_with(0xE1, b"Exif\0\0" + jpeg()),
    "ICO of many sizes": lambda: icon_of_sizes(60_000),
    "HEIC of boxes in boxes": lambda: heif_of_boxes(20_000),
    "EPS that is called a photo": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) (w) file\n",
    "SVG that is called a photo": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "JPEG and a page": lambda: jpeg() + b"<html><script>alert(1)</script></html>",
    "JPEG and an archive": lambda: jpeg() + b"PK\3\4" + bytes(100),
    "a page and a JPEG": lambda: b"<html>" + jpeg(),
}


def corpus() -> dict[str, bytes]:
    return {name: make() for name, make in MAKERS.items()}


if __name__ == "__main__":
    for number, (name, data) in enumerate(corpus().items()):
        (Path(sys.argv[1]) / f"{number:02} {name}.jpg").write_bytes(data)
