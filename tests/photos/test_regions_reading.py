import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest

from inference.geometry import Box
from photos.errors import XmpInvalid
from photos.regions import MAX_NAME, MAX_REGIONS, Region, read, sidecar
from photos.regions.reading import MAX_NAMES
from photos.regions.xmp import MAX_BYTES
from tests.photos import packets
from tests.photos.packets import MWG, RDF, mp, mp_item, mwg, mwg_item, packet

SIZE = (400, 300)
ANNA = Region("Anna", Box(100, 60, 80, 90))  # of every program's packet
MIDDLE = Box(160, 120, 80, 60)  # of a packet's item that does not say where
QUICK_S = 5.0  # on a machine that is busy; what is not bounded takes minutes
# Where a face at the top left of the stored photo, 400 x 300, is in the upright one.
TOP_LEFT = (0.1, 0.2, 0.2, 0.4)  # centre and size: 0 to 80 across, 0 to 120 down
TURNED = {
    1: Box(0, 0, 80, 120),
    2: Box(320, 0, 80, 120),
    3: Box(320, 180, 80, 120),
    4: Box(0, 180, 80, 120),
    5: Box(0, 0, 120, 80),
    6: Box(180, 0, 120, 80),
    7: Box(180, 320, 120, 80),
    8: Box(0, 320, 120, 80),
}


def upright(orientation: int) -> tuple[int, int]:
    return SIZE if orientation < 5 else (300, 400)


def names(data: bytes) -> list[str]:
    return [each.name for each in read(data, SIZE, 1)]


class TestRead:
    @pytest.mark.parametrize(
        "program",
        ["DIGIKAM", "LIGHTROOM", "PICASA", "WINDOWS_PHOTO_GALLERY", "IPHONE"],
    )
    def test_understands_what_programs_write(self, program: str) -> None:
        assert read(getattr(packets, program), SIZE, 1) == [ANNA]

    def test_gives_nothing_of_a_packet_without_regions(self) -> None:
        assert read(packet("<mwg-rs:Keywords/>"), SIZE, 1) == []

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_turns_regions_as_the_photo_is_turned(self, orientation: int) -> None:
        data = packet(mwg(mwg_item(area=TOP_LEFT), applied=None), mp(mp_item("Ben", "0, 0, 1, .5")))

        anna, ben = read(data, upright(orientation), orientation)

        assert anna.box == TURNED[orientation]
        assert ben.box.area == 400 * 300 / 2

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("applied", [(400, 300), (4000, 3000), (160, 120), (161, 120)])
    def test_takes_regions_of_the_stored_photo_in_any_size(
        self, orientation: int, applied: tuple[int, int]
    ) -> None:
        data = packet(mwg(mwg_item(area=TOP_LEFT), applied=applied))

        assert read(data, upright(orientation), orientation)[0].box == TURNED[orientation]

    @pytest.mark.parametrize("orientation", [5, 6, 7, 8])
    def test_takes_regions_of_the_upright_photo_as_they_are(self, orientation: int) -> None:
        data = packet(mwg(mwg_item(area=TOP_LEFT), applied=(600, 800)))

        [anna] = read(data, (300, 400), orientation)

        assert anna.box == Box(0, 0, 60, 160)

    @pytest.mark.parametrize("applied", [(300, 400), (300, 300), (400, 280)])
    def test_leaves_out_regions_of_a_picture_of_another_shape(
        self, applied: tuple[int, int]
    ) -> None:
        assert read(packet(mwg(mwg_item(), applied=applied)), SIZE, 1) == []

    def test_takes_regions_of_a_square_photo_as_stored(self) -> None:
        data = packet(mwg(mwg_item(area=(0.1, 0.2, 0.2, 0.4)), applied=(500, 500)))

        assert read(data, (100, 100), 6)[0].box == Box(60, 0, 40, 20)

    @pytest.mark.parametrize(
        "applied",
        [
            mwg(mwg_item(), applied=(0, 0)),
            mwg(mwg_item(), applied=(-4, 3)),
            mwg(mwg_item(), applied=(3, 4), unit="inch"),
        ],
    )
    def test_does_without_a_size_that_is_none(self, applied: str) -> None:
        assert read(packet(applied), SIZE, 1) == [Region("Anna", MIDDLE)]

    @pytest.mark.parametrize("kind", ["Pet", "Focus", "BarCode", "", "face"])
    def test_leaves_out_what_is_no_face(self, kind: str) -> None:
        assert names(packet(mwg(mwg_item("Rex", kind=kind), mwg_item("Anna")))) == ["Anna"]

    @pytest.mark.parametrize("name", ["", "  ", "a" * (MAX_NAME + 1)])
    def test_leaves_out_what_has_no_name(self, name: str) -> None:
        assert names(packet(mwg(mwg_item(name)), mp(mp_item(name)))) == []

    @pytest.mark.parametrize(
        "area",
        [
            (0.5, 0.5, 0, 0.2),
            (0.5, 0.5, 0.2, -0.2),
            (0.5, 0.5, 0.2, "nan"),
            (0.5, 0.5, "inf", 0.2),
            (1e308, 0.5, 1e308, 0.2),
            (0.5, "0,5", 0.2, 0.2),
            (0.5, "", 0.2, 0.2),
            (1.5, 0.5, 0.2, 0.2),
            (0.5, 0.5, 0.001, 0.2),
        ],
    )
    def test_leaves_out_what_is_nowhere_in_the_photo(self, area: tuple[object, ...]) -> None:
        assert names(packet(mwg(mwg_item(area=area)))) == []

    def test_leaves_out_an_area_of_another_unit(self) -> None:
        assert names(packet(mwg(mwg_item(unit="pixel")))) == []

    @pytest.mark.parametrize(
        "rectangle", ["", "0.1", "0.1, 0.1, 0.2", "a, b, c, d", "0, 0, 1, 1, 1", "0;0;1;1"]
    )
    def test_leaves_out_a_rectangle_that_is_none(self, rectangle: str) -> None:
        assert names(packet(mp(mp_item(rectangle=rectangle)))) == []

    def test_cuts_off_what_lies_beyond_the_photo(self) -> None:
        [region] = read(packet(mwg(mwg_item(area=(0, 1, 0.2, 0.2)))), SIZE, 1)

        assert region.box == Box(0, 270, 40, 30)

    def test_gives_names_as_people_mean_them(self) -> None:
        data = packet(mwg(mwg_item(" Zoë\n &lt;i&gt; &amp; 😀  ")))

        assert names(data) == ["Zoë <i> & 😀"]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_understands_every_encoding_of_xmp(self, encoding: str) -> None:
        data = packet(mwg(mwg_item("Zoë"))).decode().encode(encoding)

        assert names(data) == ["Zoë"]

    def test_understands_a_packet_that_is_nothing_but_rdf(self) -> None:
        data = packet(mwg(mwg_item())).split(b'XMP Core">')[1].split(b"</x:")[0]

        assert names(data) == ["Anna"]

    def test_gives_a_face_of_both_schemas_once(self) -> None:
        data = packet(
            mwg(mwg_item("Anna"), mwg_item("Ben", (0.1, 0.1, 0.1, 0.1))),
            mp(mp_item("anna", "0, 0, .3, .3"), mp_item("Benjamin", ".05,.05,.1,.1")).replace(
                "</rdf:Bag>", mp_item("Cleo", "0.7, 0.7, 0.2, 0.2") + "</rdf:Bag>"
            ),
        )

        assert names(data) == ["Anna", "Ben", "Cleo"]

    def test_gives_a_person_twice_who_is_in_two_places(self) -> None:
        data = packet(mwg(mwg_item(), mwg_item(), mwg_item(area=(0.1, 0.1, 0.1, 0.1))))

        assert names(data) == ["Anna", "Anna"]

    def test_gives_so_many_regions_at_most(self) -> None:
        places = [
            (x / 20 + 0.025, y / 20 + 0.025, 0.05, 0.05) for x in range(20) for y in range(20)
        ]
        items = [mwg_item(f"N{n}", area) for n, area in enumerate(places)]

        assert names(packet(mwg(*items))) == [f"N{n}" for n in range(MAX_REGIONS)]

    def test_gives_as_many_names_as_a_decoder_may_tell(self) -> None:
        places = [(x / 10 + 0.05, y / 10 + 0.05, 0.1, 0.1) for x in range(10) for y in range(10)]
        items = [mwg_item("😀" * MAX_NAME, area) for area in places]

        assert len(names(packet(mwg(*items)))) == MAX_NAMES // (12 * MAX_NAME + 2)


def lines(head: str, each: Callable[[int], str], tail: str) -> bytes:
    """A packet nearly as large as they may be."""
    parts, size, n = [head], len(head) + len(tail), 0
    while size < MAX_BYTES - 200:
        parts.append(each(n))
        size, n = size + len(parts[-1]), n + 1
    return "".join([*parts, tail]).encode()


REGION_LIST = f"<rdf:RDF {RDF} {MWG}><rdf:Description><mwg-rs:Regions><mwg-rs:RegionList><rdf:Bag>"
END = "</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions></rdf:Description></rdf:RDF>"
BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


class TestReadOfHostileXml:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"hello",
            b"<a/>",
            packet(mwg(mwg_item()))[:-60],
            packet(mwg(mwg_item())).decode().encode("utf-16")[:-7],
            packet(mwg(mwg_item("\ud800".encode("utf-8", "surrogatepass").decode("latin-1"))))[9:],
            packet().replace(b"<x:", b"<y:"),
            b"<?xml version='1.0' encoding='no-such'?><a/>",
            b"<?xml version='1.0' encoding='utf-7'?><a/>",
            b"<?xml version='1.0' encoding='idna'?><a/>",
            f'<!DOCTYPE x [<!ENTITY l0 "ha">{BOMB}]><x>&l9;</x>'.encode(),
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
            b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><x/>',
            b"<x>&undeclared;</x>",
            packet() + b" " * MAX_BYTES,
        ],
    )
    def test_says_that_it_can_not_be_read(self, data: bytes) -> None:
        with pytest.raises(XmpInvalid, match=r"^The XMP .+\.$"):
            read(data, SIZE, 1)

    @pytest.mark.parametrize(
        ("head", "each", "tail"),
        [
            (REGION_LIST, lambda n: mwg_item(f"N{n}"), END),
            (REGION_LIST, lambda n: "<rdf:li/>", END),
            (REGION_LIST, lambda n: "<rdf:Description/>", END),
            (REGION_LIST.removesuffix("<rdf:Bag>"), lambda n: "<rdf:Bag/>", END[10:]),
            (f"<rdf:RDF {RDF} ", lambda n: f"a{n}='' ", "/>"),
            (f"<rdf:RDF {RDF} ", lambda n: f"xmlns:a{n}='{n}' ", "/>"),
            (f"<rdf:RDF {RDF}>", lambda n: f"<a{n}/>", "</rdf:RDF>"),
            (f"<rdf:RDF {RDF}>", lambda n: "<!---->", "</rdf:RDF>"),
            (f"<rdf:RDF {RDF}>", lambda n: "&#65;", "</rdf:RDF>"),
        ],
    )
    def test_ends_soon(self, head: str, each: Callable[[int], str], tail: str) -> None:
        data = lines(head, each, tail)

        start = time.process_time()
        read(data, SIZE, 1)

        assert time.process_time() - start < QUICK_S

    def test_is_not_stopped_by_any_damage(self) -> None:
        whole = np.frombuffer(packets.DIGIKAM, np.uint8)
        chance = np.random.default_rng(0)

        for _ in range(500):
            damaged = whole.copy()
            damaged[chance.integers(0, len(whole), 2)] = chance.integers(0, 256, 2)
            with suppress(XmpInvalid):
                assert len(read(damaged.tobytes(), SIZE, 1)) <= 1
            with suppress(XmpInvalid):
                assert read(sidecar([ANNA], SIZE, 1, damaged.tobytes()), SIZE, 1)[0].name == "Anna"

    def test_is_not_stopped_by_elements_that_lie_deep_in_each_other(self) -> None:
        data = f"<rdf:RDF {RDF}>{'<a>' * 100_000}{'</a>' * 100_000}</rdf:RDF>".encode()

        assert read(data, SIZE, 1) == []


class TestRegion:
    @pytest.mark.parametrize("name", ["", " ", "a" * (MAX_NAME + 1)])
    def test_has_a_name(self, name: str) -> None:
        with pytest.raises(ValueError, match="name"):
            Region(name, MIDDLE)

    @pytest.mark.parametrize("box", [Box(0, 0, 0, 1), Box(0, 0, 1, float("nan"))])
    def test_has_an_area(self, box: Box) -> None:
        with pytest.raises(ValueError, match="area"):
            Region("Anna", box)
