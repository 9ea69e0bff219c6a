"""Training a head on confirmed faces, and comparing faces by it, as work that is asked for.

There is one head for the whole installation, as there is one model a role. It learns from the
faces of all owners, of whom it knows nothing but its weights, and serves all of them.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

import photos.services
import photos.serving
from faces import matchers, moving
from faces.errors import NothingFound, TrainingBusy, TrainingFailed
from faces.models import FaceVector
from faces.trainer import Line, Trainer, Wanted
from faces.training import labelled
from inference.client import Inference
from inference.faces import FaceEmbedder, FaceHead, TritonFaceEmbedder, TritonFaceMatcher
from inference.roles import FACE_EMBEDDER, FACE_MATCHER
from jobs import services
from jobs.models import LOWEST_PRIORITY, UNFINISHED, Item, Job
from jobs.operations import configured_recipes, current_recipes
from jobs.services import Source, Wishes
from jobs.steps import Outcome, Progress, Steps
from photos import roles
from photos.hnsw import build_index
from photos.models import Analysis, Owner, Photo, ServedModel, Space
from photos.operations import FACES
from photos.services import bare_space_of
from search.vocabulary import load

_AT_ONCE = 5_000  # photos of one job that are looked at again

Telling = Generator[Progress, None, None]


@dataclass(frozen=True)
class Parts:
    """What a training works with. Tests put their own here."""

    trainer: Trainer
    folder: Path  # of the trainings
    repository: Path  # of the models
    client: Callable[[], AbstractContextManager[Inference]]
    embedder: Callable[[Inference], FaceEmbedder]  # the active one, without a head


@dataclass
class Done:
    """What training a head has come to, so far."""

    matcher: str = ""  # id; none while it is being trained
    training: str = ""  # the id that it will have
    epoch: Line | None = None  # the last one
    kept: bool | None = None
    reason: str = ""
    model: str = ""  # in the repository
    active: bool = False
    faces: int = 0  # that were given vectors in its space
    last_vector: int = 0  # key of the one that was moved last
    recipe: str = ""  # by which faces were found before it was active
    photos: int = 0  # that are to be looked at again, as they lack the embedder's own vectors


@dataclass(frozen=True)
class RolledBack:
    """What faces are compared by after one step back."""

    active: str | None  # a head, or none: then it is the embedder alone
    photos: int  # that are to be looked at again, as they came meanwhile


def parts() -> Parts:
    """Those of the settings."""
    trainer = Trainer((settings.TRAINER_PYTHON, "-m", "training"), settings.BASE_DIR)
    return Parts(
        trainer,
        settings.TRAININGS_ROOT,
        settings.MODEL_REPOSITORY,
        photos.serving.client,
        _active_embedder,
    )


def _active_embedder(client: Inference) -> FaceEmbedder:
    name = roles.active_models()[FACE_EMBEDDER.name]
    return TritonFaceEmbedder(client, FACE_EMBEDDER.at(name))


def task(_owner: Owner, arguments: Mapping[str, Any], before: Outcome) -> Steps:
    """As steps(), with the parts of the settings, whoever has asked for it."""
    return steps(arguments, before, parts())


def steps(arguments: Mapping[str, Any], before: Outcome, parts: Parts) -> Steps:
    """Train a head; publish and `activate` it if it is kept. Or activate a `matcher`, by its id.

    Also `epochs`, `margin` and `min_faces`; what is left out is as the settings have it.

    Raises:
        NothingFound: no face was found yet.
        TrainerMissing, TrainingBusy, TrainingRefused, TrainingFailed: no head is there.
        MatcherMissing, MatcherNotKept, MatcherOutdated: the head is not used.
        InferenceError: the model server gave no answer; another try goes on.
    """
    done = Done(**before)
    wanted = wanted_of(arguments)
    done.matcher = done.matcher or arguments.get("matcher", "")
    if not done.matcher:
        yield from _trained(done, wanted, parts)
    find = matchers.kept if "matcher" in arguments else matchers.find
    matcher = find(parts.folder, done.matcher)
    done.kept, done.reason = matcher.kept, matcher.reason
    if matcher.kept:
        model = matcher.model or (yield from _published(done, wanted, parts))
        done.model = model.name
        if arguments.get("activate", True):
            yield from _activated(done, wanted, model, parts)
    return lambda: asdict(done)


def wanted_of(arguments: Mapping[str, Any]) -> Wanted:
    return Wanted(
        epochs=arguments.get("epochs") or settings.FACE_TRAINING_EPOCHS,
        margin=arguments.get("margin", settings.FACE_TRIPLET_MARGIN),
        min_faces=arguments.get("min_faces") or settings.FACE_TRAINING_MIN_FACES,
    )


def _trained(done: Done, wanted: Wanted, parts: Parts) -> Telling:
    """Has a folder with the new head, its report and its pictures; the faces are gone again.

    Interrupted anywhere it goes on after its last epoch, with the faces that it has begun with.
    """
    parts.trainer.check()
    space = _embedder_space()
    done.training = done.training or matchers.new_id()
    with matchers.alone(parts.folder, done.training, _going_on) as place:
        yield _progress(done, wanted, pausable=False)  # whoever goes on knows what has begun
        if not (parts.folder / done.training).exists():
            yield from _learnt(done, wanted, parts, space, place)
    done.matcher = done.training


def _learnt(done: Done, wanted: Wanted, parts: Parts, space: Space, place: Path) -> Telling:
    faces, out = place / "faces.npz", parts.folder / done.training
    if not faces.exists():
        labelled(space).save(place / "new.npz", space)
        (place / "new.npz").rename(faces)
    with closing(parts.trainer.train(faces, out, wanted, place / "checkpoint")) as lines:
        for line in lines:
            told = bool(line and "epoch" in line)
            done.epoch = line if told else done.epoch
            yield _progress(done, wanted, pausable=told)


def _progress(done: Done, wanted: Wanted, *, pausable: bool) -> Progress:
    """Of a training; one more step publishes the head."""
    epoch = int(done.epoch["epoch"]) if done.epoch else 0
    return Progress(epoch, wanted.epochs + 1, asdict(done), pausable=pausable)


def _going_on() -> set[str]:
    """The trainings that some job has begun, and will go on with."""
    items = Item.objects.filter(job__kind=Job.Kind.TRAIN, state__in=UNFINISHED)
    return {each for each in items.values_list("outcome__training", flat=True) if each}


def tidy(*, dry_run: bool = False) -> int:
    """Remove faces of trainings that were cancelled, or have failed; how many trainings those are.

    One that is running does so itself, when it notices.
    """
    with suppress(TrainingBusy):
        return matchers.tidy(settings.TRAININGS_ROOT, _going_on, dry_run=dry_run)
    return 0


def _published(done: Done, wanted: Wanted, parts: Parts) -> Generator[Progress, None, ServedModel]:
    """The head as a model of the repository, which is not active."""
    with closing(parts.trainer.publish(parts.folder / done.matcher, parts.repository)) as lines:
        for _ in lines:
            yield _progress(done, wanted, pausable=False)
    roles.sync(parts.repository)
    matcher = matchers.find(parts.folder, done.matcher)
    if matcher.model is None:
        raise TrainingFailed(
            gettext("The head %(head)s was published, and is in no repository here.")
            % {"head": matcher.id}
        )
    return matcher.model


def _activated(done: Done, wanted: Wanted, model: ServedModel, parts: Parts) -> Telling:
    """Faces are compared by the head `model`: all that are known, and all that come.

    First all vectors are there, and their index; then it is switched, at once; then what came in
    meanwhile follows.
    """
    matchers.check_takes(model)
    old, begun = _embedder_space(), wanted.epochs + 1
    done.recipe = done.recipe or current_recipes().get(FACES, "")
    with parts.client() as client:
        embedder = parts.embedder(client)
        head = TritonFaceMatcher(embedder, client, FACE_MATCHER.at(model.name))
        new = bare_space_of(head.identity)
        yield from _filled(done, begun, head, old, new)
        build_index(FaceVector, new)
        moving.calibrate(new)
        roles.activate(model)  # it has answered, so that it can be loaded
        done.active = True
        yield from _filled(done, begun, head, old, new)
    together = _recipes(model)
    before = {_recipes(None), done.recipe} - {together}
    moving.note(before, together, old, new)
    done.photos = sum(look_again(before, together))
    moving.ask_for_grouping(new)


def _filled(done: Done, begun: int, head: FaceHead, old: Space, new: Space) -> Telling:
    batches = -(-moving.left(old, new).filter(pk__gt=done.last_vector).count() // moving.BATCH)
    filling = moving.fill(head, old, new, after=done.last_vector)
    for batch, (last, added) in enumerate(filling, start=1):
        done.last_vector, done.faces = last, done.faces + added
        yield Progress(begun + batch, begun + max(batch, batches), asdict(done))


def _embedder_space() -> Space:
    """
    Raises:
        NothingFound: no face was found yet.
    """
    space = matchers.embedder_space()
    if space is None:
        raise NothingFound(
            gettext("No face was found by the active embedder yet: process photos first.")
        )
    return space


def _recipes(head: ServedModel | None) -> str:
    """How faces are found with the active models, and with or without this head."""
    active = roles.active_models()
    active.pop(matchers.ROLE, None)
    if head:
        active[matchers.ROLE] = head.name
    return configured_recipes(active, load(settings.VOCABULARY_DIR)).get(FACES, "")


def roll_back() -> RolledBack:
    """Compare faces by what they were compared by before, at once. The head's vectors stay.

    Photos that came meanwhile are looked at again if their faces lack a vector there: before
    another head, that is, as the embedder's vectors are always kept.

    Raises:
        NothingBefore: no head is active.
    """
    before = current_recipes().get(FACES, "")
    role = roles.roll_back_head(matchers.ROLE)
    now = current_recipes().get(FACES, "")
    own, space = matchers.embedder_space(), photos.services.current_space(matchers.OF_ROLE)
    if own and space:
        moving.note({before} - {now}, now, own, space)
        moving.ask_for_grouping(space)
    again = sum(look_again({before} - {now}, now))
    return RolledBack(role.active.name if role else None, again)


def look_again(before: set[str], now: str) -> Iterator[int]:
    """Ask, when nothing else is to do, for the faces of photos that were found by the recipes
    `before` and not by `now`. Yields how many photos each job has.
    """
    done = Analysis.objects.filter(photo=OuterRef("pk"), operation=FACES)
    lacking = Photo.objects.filter(
        Exists(done.filter(recipe__in=before)), ~Exists(done.filter(recipe=now))
    )
    for owner in Owner.objects.filter(Exists(lacking.filter(owner=OuterRef("pk")))).order_by("pk"):
        originals = lacking.filter(owner=owner).order_by("pk").values_list("original", flat=True)
        sources = (Source(Item.Source.KEPT, original) for original in originals.iterator())
        while some := list(islice(sources, _AT_ONCE)):
            services.submit(owner, some, operations=[FACES], wishes=Wishes(LOWEST_PRIORITY))
            yield len(some)
