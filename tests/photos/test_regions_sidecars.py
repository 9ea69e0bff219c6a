import time
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.geometry import Box
from photos.errors import XmpInvalid
from photos.regions import MAX_NAME, Region, read, sidecar
from photos.regions.xmp import MAX_BYTES, NAMESPACES, name_of, text
from tests.photos import packets
from tests.photos.packets import RDF, mp, mp_item, mwg, mwg_item, packet

SIZE = (400, 300)
ANNA = Region("Anna", Box(100, 60, 80, 90))
BEN = Region("Ben", Box(300, 200, 40, 50))
QUICK_S = 5.0  # on a machine that is busy

LETTERS = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
NAMES = st.text(LETTERS, min_size=1, max_size=MAX_NAME).map(lambda text: " ".join(text.split()))
ORIENTATIONS = st.integers(1, 8)
SIDES = st.integers(8, 20_000)


def tags(root: Element, prefix: str, local: str) -> list[Element]:
    return list(root.iter(name_of(prefix, local)))


def only_mwg(data: bytes) -> bytes:
    return data.replace(NAMESPACES["MP"].encode(), b"other:")


def only_mp(data: bytes) -> bytes:
    return data.replace(NAMESPACES["mwg-rs"].encode(), b"other:")


def corners(box: Box) -> tuple[float, float, float, float]:
    return (box.x, box.y, box.right, box.bottom)


class TestSidecar:
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_is_read_as_it_was_written(self, orientation: int) -> None:
        data = sidecar([ANNA, BEN], SIZE, orientation)

        for each in (data, only_mwg(data), only_mp(data)):
            back = read(each, SIZE, orientation)
            assert [region.name for region in back] == ["Anna", "Ben"]
            for region, true in zip(back, [ANNA, BEN], strict=True):
                assert corners(region.box) == pytest.approx(corners(true.box), abs=0.02)

    @settings(max_examples=200)
    @given(st.data())
    def test_keeps_each_edge_to_half_a_pixel(self, data: st.DataObject) -> None:
        width, height = data.draw(SIDES), data.draw(SIDES)
        left, top = data.draw(st.integers(0, width - 2)), data.draw(st.integers(0, height - 2))
        right = data.draw(st.integers(left + 2, width))
        bottom = data.draw(st.integers(top + 2, height))
        name = data.draw(NAMES.filter(bool))
        region = Region(name, Box.between(left, top, right, bottom))
        orientation = data.draw(ORIENTATIONS)

        written = sidecar([region], (width, height), orientation)

        for each in (written, only_mwg(written), only_mp(written)):
            [back] = read(each, (width, height), orientation)
            assert back.name == name
            assert corners(back.box) == pytest.approx(corners(region.box), abs=0.5)

    def test_says_where_a_face_is_in_the_stored_photo(self) -> None:
        anna = Region("Anna", Box(180, 0, 120, 80))  # top right of a photo that stands

        root = fromstring(sidecar([anna], (300, 400), 6))

        [applied], [area] = (
            tags(root, "mwg-rs", "AppliedToDimensions"),
            tags(root, "mwg-rs", "Area"),
        )
        [person] = tags(root, "MPRI", "Regions")[0][0]
        assert [each.text for each in applied] == ["400", "300", "pixel"]
        assert [each.text for each in area] == [
            "0.100000",
            "0.200000",
            "0.200000",
            "0.400000",
            "normalized",
        ]
        assert [each.text for each in person] == ["0.000000, 0.000000, 0.200000, 0.400000", "Anna"]

    def test_has_names_as_they_are_given(self) -> None:
        name = """<b> & "Zoë" 'o' ]]> {{7*7}} =cmd() 😀"""

        [back] = read(sidecar([Region(name, ANNA.box)], SIZE, 1), SIZE, 1)

        assert back.name == name

    def test_leaves_out_letters_that_no_xml_has(self) -> None:
        [back] = read(sidecar([Region("An\0na\x1b", ANNA.box)], SIZE, 1), SIZE, 1)

        assert back.name == "Anna"

    def test_without_regions_has_none(self) -> None:
        data = sidecar([], SIZE, 1)

        assert read(data, SIZE, 1) == []
        assert b"mwg-rs" not in data

    def test_written_twice_is_the_same(self) -> None:
        once = sidecar([ANNA, BEN], SIZE, 6, packets.LIGHTROOM)

        assert sidecar([ANNA, BEN], SIZE, 6, once) == once


class TestSidecarOverAnother:
    @pytest.mark.parametrize(
        "program", ["DIGIKAM", "LIGHTROOM", "PICASA", "WINDOWS_PHOTO_GALLERY", "IPHONE"]
    )
    def test_has_the_new_faces_in_the_place_of_the_old(self, program: str) -> None:
        moved = Region("Anna", Box(200, 100, 40, 40))

        data = sidecar([moved, BEN], SIZE, 1, getattr(packets, program))

        for each in (data, only_mwg(data), only_mp(data)):
            assert read(each, SIZE, 1) == [moved, BEN]

    @pytest.mark.parametrize(
        "program", ["DIGIKAM", "LIGHTROOM", "PICASA", "WINDOWS_PHOTO_GALLERY", "IPHONE"]
    )
    def test_has_no_face_that_is_not_given(self, program: str) -> None:
        assert read(sidecar([], SIZE, 1, getattr(packets, program)), SIZE, 1) == []

    def test_keeps_what_is_no_region(self) -> None:
        existing = packet(
            "<!-- by hand -->",
            '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">A &amp; B&#13;&#10;C</rdf:li>'
            "</rdf:Alt></dc:title>",
            "<my:own>deep</my:own>",
            attributes='xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:my="urn:my" '
            'my:note="two&#10;lines"',
        )

        before, after = fromstring(existing), fromstring(sidecar([ANNA], SIZE, 1, existing))

        [description] = tags(after, "rdf", "Description")[:1]
        [title] = tags(after, "rdf", "li")[:1]
        assert description.attrib == tags(before, "rdf", "Description")[0].attrib
        assert description.attrib["{urn:my}note"] == "two\nlines"
        assert description.findtext("{urn:my}own") == "deep"
        assert title.text == "A & B\r\nC"
        assert after.attrib == before.attrib
        assert b"<!-- by hand -->" in sidecar([ANNA], SIZE, 1, existing)

    def test_keeps_regions_that_are_no_named_faces(self) -> None:
        pet, nobody = mwg_item("Rex", kind="Pet"), mwg_item("", (0.1, 0.1, 0.1, 0.1))
        existing = packet(mwg(pet, mwg_item("Cleo"), nobody), mp(mp_item(""), mp_item("Cleo")))

        root = fromstring(sidecar([ANNA], SIZE, 1, existing))

        [faces], [people] = tags(root, "mwg-rs", "RegionList"), tags(root, "MPRI", "Regions")
        name, person = name_of("mwg-rs", "Name"), name_of("MPReg", "PersonDisplayName")
        assert [text(each, name) for each in faces[0]] == ["Rex", "", "Anna"]
        assert [text(each, person) for each in people[0]] == ["", "Anna"]

    def test_keeps_what_else_is_said_of_a_face(self) -> None:
        moved = Region("Anna", Box(200, 100, 40, 40))

        windows = sidecar([moved], SIZE, 1, packets.WINDOWS_PHOTO_GALLERY)
        iphone = sidecar([moved], SIZE, 1, packets.IPHONE)

        assert b"-8524155139012345678" in windows
        assert b">45</" in iphone

    def test_keeps_the_frame_that_other_regions_are_in(self) -> None:
        pet = mwg_item("Rex", (0.1, 0.1, 0.1, 0.1), kind="Pet")
        existing = packet(mwg(pet, applied=(600, 800)))
        anna = Region("Anna", Box(30, 40, 60, 80))

        data = sidecar([anna], (300, 400), 6, existing)

        [applied] = tags(fromstring(data), "mwg-rs", "AppliedToDimensions")
        assert list(applied.attrib.values()) == ["300", "400", "pixel"]
        assert read(only_mwg(data), (300, 400), 6) == [anna]
        assert read(only_mp(data), (300, 400), 6) == [anna]

    def test_has_no_region_of_another_picture(self) -> None:
        existing = packet(mwg(mwg_item("Rex", kind="Pet"), applied=(300, 300)))

        data = sidecar([ANNA], SIZE, 1, existing)

        assert b"Rex" not in data
        assert read(only_mwg(data), SIZE, 1) == [ANNA]

    def test_reads_one_whose_fields_are_attributes(self) -> None:
        existing = packet("<mwg-rs:Regions/>", '<MP:RegionInfo MPRI:DateRegionsValid="2024"/>')

        data = sidecar([ANNA], SIZE, 1, existing)

        [people] = tags(fromstring(data), "MP", "RegionInfo")
        assert people.findtext(f"{{{NAMESPACES['MPRI']}}}DateRegionsValid") == "2024"
        assert read(only_mp(data), SIZE, 1) == read(only_mwg(data), SIZE, 1) == [ANNA]

    @pytest.mark.parametrize(
        "existing",
        [
            b"hello",
            packet() + b" " * MAX_BYTES,
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
            f"<rdf:RDF {RDF}>{'<a>' * 100_000}{'</a>' * 100_000}</rdf:RDF>".encode(),
        ],
    )
    def test_is_not_written_over_one_that_can_not_be_read(self, existing: bytes) -> None:
        with pytest.raises(XmpInvalid, match=r"^The .*XMP .+\.$"):
            sidecar([ANNA], SIZE, 1, existing)

    @pytest.mark.parametrize("name", ["Anna", "Cleo", ""])
    def test_is_written_soon_over_one_of_many_regions(self, name: str) -> None:
        item, person = mwg_item(name), mp_item(name)
        existing = packet(mwg(*[item] * 2500), mp(*[person] * 4000))
        regions = [Region("Anna", Box(n, 0, 1, 1)) for n in range(200)]

        start = time.process_time()
        sidecar(regions, SIZE, 1, existing)

        assert time.process_time() - start < QUICK_S
