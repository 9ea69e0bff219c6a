"""Which models there are, and which one each role has.

The model repository is the truth: a model is a folder ROLE.PACK.VERSION with a manifest, and
with a version in it that was built. The rows follow it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext

from photos import heads
from photos.errors import ModelUnknown, NothingBefore, RepositoryBroken
from photos.heads import HEADS
from photos.models import Role, ServedModel
from photos.statements import prepared

PREFERRED = "packaged"  # the pack that a role begins with
_NAME = re.compile(r"([a-z][a-z0-9_]{0,39})\.([A-Za-z0-9][A-Za-z0-9._-]{0,59})\.([1-9][0-9]{0,5})")

# Written down, as each photo and each question asks it: Django takes longer to write it.
_ACTIVE = """
SELECT role.name, model.name, model.space, model.manifest #>> '{parameters,takes}'
FROM photos_role AS role JOIN photos_servedmodel AS model ON model.id = role.active_id
"""


@dataclass(frozen=True)
class Found:
    """A model that was built, as its folder describes it."""

    name: str
    role: str
    pack: str
    version: int
    space: str
    memory_bytes: int
    manifest: dict[str, Any]

    @classmethod
    def read(cls, folder: Path, built: Path) -> Self:
        """From the model's folder, and the note in it that it was built.

        Raises:
            RepositoryBroken: naming the file, and what is wrong with it.
        """
        parts = _NAME.fullmatch(folder.name)
        if not parts:
            raise RepositoryBroken(f"{folder.name}: the folder is not named ROLE.PACK.VERSION.")
        role, pack, version = parts[1], parts[2], int(parts[3])
        manifest = _read(folder / "manifest.json")
        said = (manifest.get("role"), manifest.get("version"))
        if said != (role, version):
            raise RepositoryBroken(f"{folder.name}/manifest.json: it is of {said[0]}, {said[1]}.")
        space = str(manifest.get("space", folder.name))
        return cls(folder.name, role, pack, version, space, _memory(built), manifest)


@dataclass(frozen=True)
class Synced:
    """What the rows learnt from the repository."""

    models: list[str]
    gone: list[str]
    broken: list[str]  # sentences


def sync(repository: Path) -> Synced:
    """Have a row for each model of `repository`, and a role for whatever they do.

    A role without a model gets the newest one of the pack `packaged`, or else of any; but a head
    is only used once somebody has activated it. The rows of
    models that have gone go as well, unless a role has them: that is for a human to change.
    Twice changes nothing.

    Raises:
        RepositoryBroken: there is no model at all, which is a wrong folder rather than the truth.
    """
    built = dict(_built(repository))
    found, broken = _read_all(built)
    if not found:
        raise RepositoryBroken(
            f"No model was found in the model repository: set MODEL_REPOSITORY, or run "
            f"`make models`. {' '.join(broken)}".strip()
        )
    with transaction.atomic():
        _store(found)
        gone = _forget([folder.name for folder in built] + _in_the_making(repository))
        _give_roles({one.role for one in found} - set(HEADS.values()))
    return Synced([one.name for one in found], gone, broken)


def spaces(repository: Path) -> dict[str, str]:
    """The space of each model in `repository` that was built, by its served name. No query."""
    found, _ = _read_all(dict(_built(repository)))
    return {one.name: one.space for one in found}


def active_models() -> dict[str, str]:
    """The served name of each role's model. One query; ask again for each photo.

    A head is left out while its role's vectors are of another model than it was trained for.
    """
    with prepared() as cursor:
        rows = cursor.execute(_ACTIVE).fetchall()
    active = {name: (model, space, takes) for name, model, space, takes in rows}
    for role, head in HEADS.items():
        if head in active and active.get(role, ("", None, ""))[1] != active[head][2]:
            del active[head]
    return {name: model for name, (model, _, _) in active.items()}


def find(role: str, name: str) -> ServedModel:
    """The model of `role` called PACK.VERSION, or PACK: then the active one, or else the newest.

    Raises:
        ModelUnknown: there is none.
    """
    models = ServedModel.objects.filter(role=role)
    of_pack = models.filter(pack=name).order_by(F("active_in").asc(nulls_last=True), "-version")
    model = models.filter(name=f"{role}.{name}").first() or of_pack.first()
    if model is None:
        raise ModelUnknown(f"There is no model {name!r} for the role {role!r}.")
    return model


def activate(model: ServedModel) -> Role:
    """From now on `model` is what its role uses. The one before is remembered. One transaction.

    Of a head, all faces must have vectors by then.

    Raises:
        ModelUnknown: there is no such role.
    """
    with transaction.atomic():
        if model.role in HEADS.values():
            Role.objects.get_or_create(name=model.role, defaults={"active": model})
        role = _locked(model.role)
        if role.active != model:
            role.previous, role.active = role.active, model
            role.save()
    return role


def of_pack(pack: str) -> list[ServedModel]:
    """The newest model that `pack` has for each role. Heads are of no pack, whatever their names.

    Raises:
        ModelUnknown: there is no such pack.
    """
    models = ServedModel.objects.filter(pack=pack).exclude(role__in=HEADS.values())
    newest = models.order_by("role", "-version").distinct("role")
    if not newest:
        raise ModelUnknown(f"There is no pack {pack!r} in the repository.")
    return list(newest)


def roll_back(name: str) -> Role:
    """Let the role have the model again that it had before. Done twice it is as it was.

    Raises:
        ModelUnknown: there is no such role.
        NothingBefore: it has had no other model.
        FacesMustFollow: it is that of heads.
    """
    heads.check_none(name)
    with transaction.atomic():
        role = _locked(name)
        if role.previous is None:
            raise NothingBefore(
                gettext("The role %(role)r has had no other model.") % {"role": name}
            )
        return _back(role)


def roll_back_head(name: str) -> Role | None:
    """Let the role of heads have the one again that it had before.

    None: there was no other, and no head is used any more. Activate one to have it again.

    Raises:
        NothingBefore: no head is active.
    """
    with transaction.atomic():
        role = Role.objects.select_for_update().filter(name=name).first()
        if role is None:
            raise NothingBefore(gettext("No head is active: there is nothing to go back from."))
        if role.previous:
            return _back(role)
        role.delete()
    return None


def _back(role: Role) -> Role:
    assert role.previous  # noqa: S101  # the caller has looked
    role.active, role.previous = role.previous, role.active
    role.save()
    return role


def _locked(name: str) -> Role:
    locked = Role.objects.select_for_update(of=("self",)).select_related("active", "previous")
    role = locked.filter(name=name).first()
    if role is None:
        raise ModelUnknown(f"There is no role {name!r}.")
    return role


def _read_all(built: Mapping[Path, Path]) -> tuple[list[Found], list[str]]:
    """The models, and what is wrong with those that can't be read."""
    found, broken = [], []
    for folder, note in built.items():
        try:
            found.append(Found.read(folder, note))
        except RepositoryBroken as exc:
            broken.append(str(exc))
    return found, broken


def _built(repository: Path) -> Iterator[tuple[Path, Path]]:
    """Folders of models with the note that they were built; the newest version's."""
    for folder in sorted(repository.glob("*/")):
        notes = [note for note in folder.glob("*/built.json") if note.parent.name.isdecimal()]
        newest = max(notes, key=lambda note: int(note.parent.name), default=None)
        if newest:
            yield folder, newest


def _in_the_making(repository: Path) -> list[str]:
    """Models that an export is putting into place: for a moment they have no version."""
    return [unfinished.parent.name for unfinished in repository.glob("*/.unfinished-*")]


def _memory(built: Path) -> int:
    """Bytes of the loaded model: as measured, or else as much as its files have."""
    measured = _read(built).get("memory_bytes")
    if isinstance(measured, int) and measured >= 0:
        return measured
    return sum(file.stat().st_size for file in built.parent.iterdir() if file.is_file())


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError) as exc:
        what = exc.strerror if isinstance(exc, OSError) else exc
        raise RepositoryBroken(f"{file.parent.name}/{file.name}: {what}.") from exc
    if not isinstance(content, dict):
        raise RepositoryBroken(f"{file.parent.name}/{file.name}: it is no JSON object.")
    return content


def _store(found: Iterable[Found]) -> None:
    facts = ["space", "memory_bytes", "manifest"]
    ServedModel.objects.bulk_create(
        [
            ServedModel(
                name=one.name,
                role=one.role,
                pack=one.pack,
                version=one.version,
                space=one.space,
                memory_bytes=one.memory_bytes,
                manifest=one.manifest,
            )
            for one in found
        ],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=facts,
    )


def _forget(there: list[str]) -> list[str]:
    """Drop the rows of models that are not `there` any more; returns their names."""
    unneeded = ServedModel.objects.exclude(Q(name__in=there) | Q(active_in__isnull=False))
    gone = sorted(unneeded.values_list("name", flat=True))
    ServedModel.objects.filter(name__in=gone).delete()
    return gone


def _give_roles(roles: set[str]) -> None:
    without = roles - set(Role.objects.values_list("name", flat=True))
    Role.objects.bulk_create(
        [Role(name=role, active=_first(role)) for role in sorted(without)], ignore_conflicts=True
    )


def _first(role: str) -> ServedModel:
    models = ServedModel.objects.filter(role=role).order_by("pack", "-version")
    return models.filter(pack=PREFERRED).first() or models[0]
