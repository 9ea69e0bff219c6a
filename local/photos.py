"""Real photos that ride in packages, at pinned versions: for the demo, for tests and benchmarks.

They are fetched, never stored in this repository. The packages' licences: face_recognition and
insightface MIT, scikit-image BSD-3-Clause. The portraits of face_recognition are official ones of
the United States' government (public domain); scikit-image's photos are public domain or
CC0; of the two in insightface nothing more is stated: for trying things out.
"""

from collections.abc import Mapping
from pathlib import Path

from local.packages import CACHE, Package, archive, fetch

FACE_RECOGNITION = Package(
    "pypi",
    "face_recognition",
    "1.3.0",
    "face_recognition-1.3.0.tar.gz",
    "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
)
INSIGHTFACE = Package(
    "pypi",
    "insightface",
    "2.1",
    "insightface-2.1-py3-none-any.whl",
    "dcd58ee79d99d689572477315f3149353afd65a36dc575f597cbb217a7bde399",
)
SCIKIT_IMAGE = Package(
    "pypi",
    "scikit-image",
    "0.26.0",
    "scikit_image-0.26.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
    "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
)

PHOTOS: Mapping[Package, tuple[str, ...]] = {
    FACE_RECOGNITION: ("*/tests/test_images/*.jpg",),  # one face each
    INSIGHTFACE: (
        "insightface/data/images/t1.jpg",  # six people around a table
        "insightface/data/images/Tom_Hanks_54745.png",  # 112 x 112 pixels
    ),
    SCIKIT_IMAGE: (
        "skimage/data/astronaut.png",  # Eileen Collins
        "skimage/data/camera.png",  # a man with a camera, grey
        "skimage/data/chelsea.png",  # a cat; no people from here on
        "skimage/data/coffee.png",
        "skimage/data/coins.png",
        "skimage/data/motorcycle_left.png",
        "skimage/data/page.png",  # printed text
        "skimage/data/rocket.jpg",
    ),
}

# Who is in several photos, by the names of the files. Everybody else is in one.
EXPECTED: Mapping[str, tuple[str, ...]] = {
    "Barack Obama": (
        "obama.jpg",
        "obama2.jpg",
        "obama3.jpg",
        "obama_partial_face.jpg",  # two parts of obama.jpg
        "obama_partial_face2.jpg",
    ),
}


def packaged_photos(folder: Path, *, cache: Path = CACHE) -> list[Path]:
    """Have all PHOTOS in `folder`, by their names in the packages; needs the network only once.

    Raises:
        LocalError: a package cannot be had.
    """
    return [
        path
        for package, members in PHOTOS.items()
        for path in fetch(package, members, folder, cache=cache)
    ]


if __name__ == "__main__":  # have the packages at hand, for the tests, which use no network
    for needed in PHOTOS:
        archive(needed)
