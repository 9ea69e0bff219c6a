"""XMP packets: XML from strangers, and the ways in which RDF may say the same thing.

A field of a structure is an attribute or an element; it stands in the structure's own element, or
in a rdf:Description inside of that.
"""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from itertools import islice
from xml.etree.ElementTree import (  # nosec B405  # makes and writes trees; defusedxml parses
    Element,
    ParseError,
    SubElement,
    TreeBuilder,
    register_namespace,
    tostring,
)

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from photos.errors import XmpInvalid

MAX_BYTES = 2**20  # of a packet
MAX_LOOKED_AT = 1000  # items of a list
# What programs call the namespaces of XMP. Another prefix would mean the same, but look odd.
NAMESPACES = {
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "acdsee": "http://ns.acdsee.com/iptc/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "darktable": "http://darktable.sf.net/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "mwg-kw": "http://www.metadataworkinggroup.com/schemas/keywords/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "stRef": "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "x": "adobe:ns:meta/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}
for _prefix, _namespace in NAMESPACES.items():
    register_namespace(_prefix, _namespace)


def name_of(prefix: str, local: str) -> str:
    return f"{{{NAMESPACES[prefix]}}}{local}"


_RDF = name_of("rdf", "RDF")
_DESCRIPTION = name_of("rdf", "Description")
_ARRAYS = tuple(name_of("rdf", kind) for kind in ("Bag", "Seq", "Alt"))
_LI = name_of("rdf", "li")
_UTF_16 = (BOM_UTF16_BE, BOM_UTF16_LE)
_PARSE_TYPE = name_of("rdf", "parseType")


def empty() -> Element:
    root = Element(name_of("x", "xmpmeta"))
    SubElement(root, _RDF)
    return root


def parse(packet: bytes) -> Element:
    """The root of a packet, with its comments, without what is around it.

    Raises:
        XmpInvalid: it is too large, or none.
    """
    if len(packet) > MAX_BYTES:
        raise XmpInvalid(f"The XMP has more than {MAX_BYTES} bytes.")
    tree = TreeBuilder(insert_comments=True, insert_pis=True)
    parser = DefusedXMLParser(target=tree, forbid_dtd=True)
    try:
        parser.feed(packet if packet.startswith(_UTF_16) else packet.rstrip(b"\0"))
        root: Element = parser.close()
    except DefusedXmlException as exc:
        raise XmpInvalid("The XMP declares a type of document, which no XMP does.") from exc
    except (ParseError, ValueError, LookupError) as exc:
        raise XmpInvalid(f"The XMP can't be read: {exc}.") from exc
    if next(root.iter(_RDF), None) is None:
        raise XmpInvalid("The XMP has no rdf:RDF in it.")
    return root


def serialise(root: Element) -> bytes:
    """
    Raises:
        XmpInvalid: its elements lie too deep in each other.
    """
    try:
        packet: bytes = tostring(root, encoding="utf-8", xml_declaration=False)
    except RecursionError as exc:
        raise XmpInvalid("The elements of the XMP lie too deep in each other.") from exc
    # A carriage return was a reference in the source; written as it is, it is a line feed.
    return packet.replace(b"\r", b"&#13;")


def find(root: Element, name: str) -> Element | None:
    """A property of the photo that is a structure or a list."""
    rdf = next(root.iter(_RDF))
    return rdf.find(f"{_DESCRIPTION}/{name}")


def value(root: Element, name: str) -> str | None:
    """A property of the photo that is text."""
    return text(next(root.iter(_RDF)), name)


def find_or_add(root: Element, name: str) -> Element:
    found = find(root, name)
    if found is not None:
        return found
    rdf = next(root.iter(_RDF))
    about = rdf.find(_DESCRIPTION)
    if about is None:
        about = SubElement(rdf, _DESCRIPTION, {name_of("rdf", "about"): ""})
    return add(about, name)


def add(parent: Element, name: str) -> Element:
    """A new structure without fields."""
    return SubElement(parent, name, {_PARSE_TYPE: "Resource"})


def structure(node: Element, name: str) -> Element | None:
    """A field of the structure `node` that is a structure or a list itself."""
    found = (each.find(name) for each in _places(node))
    return next((each for each in found if each is not None), None)


def structure_or_new(node: Element, name: str) -> Element:
    found = structure(node, name)
    return add(_room(node), name) if found is None else found


def text(node: Element, name: str) -> str | None:
    """A field of the structure `node` that is text."""
    for each in _places(node):
        if name in each.attrib:
            return each.attrib[name]
        child = each.find(name)
        if child is not None:
            return child.text or ""
    return None


def put(node: Element, name: str, value: str) -> None:
    """Let a field of the structure `node` be this text, in the way it is written so far."""
    for each in _places(node):
        if name in each.attrib:
            each.attrib[name] = value
            return
        child = each.find(name)
        if child is not None:
            child.text = value
            return
    SubElement(_room(node), name).text = value


def items(node: Element) -> Iterator[Element]:
    """The first MAX_LOOKED_AT items of the list `node`."""
    array = _array(node)
    return islice(() if array is None else array.iterfind(_LI), MAX_LOOKED_AT)


def array_or_new(node: Element) -> Element:
    """The list `node`'s element with its items in it."""
    array = _array(node)
    if array is None:
        node.attrib.pop(_PARSE_TYPE, None)
        array = SubElement(node, _ARRAYS[0])
    return array


def add_item(array: Element) -> Element:
    """A structure without fields, at the end of the list."""
    return add(array, _LI)


def is_item(node: Element) -> bool:
    return bool(node.tag == _LI)


def _array(node: Element) -> Element | None:
    found = (node.find(kind) for kind in _ARRAYS)
    return next((each for each in found if each is not None), None)


def _places(node: Element) -> list[Element]:
    return [node, *node.findall(_DESCRIPTION)]


def _room(node: Element) -> Element:
    """Where a new field may be added as an element: RDF wants them there, or as attributes."""
    inner = node.find(_DESCRIPTION)
    if inner is not None:
        return inner
    fields = {name: value for name, value in node.attrib.items() if name != _PARSE_TYPE}
    node.attrib = {_PARSE_TYPE: "Resource"}
    for name, value in fields.items():
        SubElement(node, name).text = value
    return node
