"""Image encoders of several packs, of which one is active: what they see is told by their names."""

from dataclasses import replace

from inference.identity import ModelIdentity
from photos import roles
from photos.models import Photo, Role, ServedModel, Space
from photos.operations import EMBEDDING, Place
from photos.services import space_of
from search import spaces
from search.models import ImageVector
from search.reembedding import Eyes
from search.services import EmbedPhoto
from tests.factories import unit
from tests.fakes import FakeEncoder
from tests.search.factories import IMAGES, make_image_vector

ROLE = IMAGES.role
SEEN = {"a": unit(1), "b": unit(0, 1), "c": unit(0, 0, 1)}


def identity(pack: str) -> ModelIdentity:
    parameters = {**IMAGES.parameters, "joint_space": f"{pack}:1"}
    return replace(IMAGES, space=f"{ROLE}:{pack}:1", parameters=parameters)


def encoder(pack: str) -> FakeEncoder:
    return FakeEncoder(SEEN[pack], identity(pack))


def make_model(pack: str, role: str = ROLE) -> ServedModel:
    return ServedModel.objects.create(
        name=f"{role}.{pack}.1",
        role=role,
        pack=pack,
        version=1,
        space=f"{role}:{pack}:1",
        memory_bytes=1,
        manifest={"parameters": {"joint_space": f"{pack}:1"}},
    )


def activate(pack: str) -> None:
    """Let the role have the pack's model, which is made at first need."""
    name = f"{ROLE}.{pack}.1"
    model = ServedModel.objects.filter(name=name).first() or make_model(pack)
    Role.objects.get_or_create(name=ROLE, defaults={"active": model})
    roles.activate(model)


def embedding() -> EmbedPhoto:
    """The operation as it is done now."""
    models = spaces.models()
    active, searched = models[ROLE], models.get(spaces.SEARCHED)
    beside = encoder(searched.split(".")[1]) if searched else None
    return EmbedPhoto(encoder(active.split(".")[1]), active, beside)


def embed(*photos: Photo, operation: EmbedPhoto | None = None) -> None:
    """As a worker does it that has got the photos now, or had got the `operation` before."""
    operation = operation or embedding()
    for photo in photos:
        seen = operation.look(image=None)  # type: ignore[arg-type]  # fakes look at no pixels
        seen.keep(Place(photo.owner, "somewhere"))(photo)
        photo.analyses.get_or_create(operation=EMBEDDING, recipe=operation.recipe)


def eyes(pack: str) -> Eyes:
    return Eyes(encoder(pack), f"{ROLE}.{pack}.1")


def space(pack: str) -> Space:
    return space_of(identity(pack), ImageVector)


def packs_of(photo: Photo) -> list[str]:
    """Those in whose spaces it has a vector."""
    names = ImageVector.objects.filter(photo=photo).values_list("space__name", flat=True)
    return sorted(name.split(":")[1] for name in names)


def searched() -> str:
    """The pack in whose space photos are searched."""
    now = spaces.image_space()
    return now.name.split(":")[1] if now else ""


def follow(*photos: Photo, pack: str = "b") -> None:
    """Give them vectors in the pack's space."""
    for photo in photos:
        make_image_vector(photo, SEEN[pack], identity(pack))


def change() -> spaces.Change:
    """That is going on."""
    following = spaces.change()
    assert following
    return following
