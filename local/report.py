"""What the demo found: photos, their faces, and the groups these form."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from local.findings import Face, Scene


@dataclass(frozen=True)
class Failure:
    """Why there is no result for a photo: a code that never changes, and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True)
class Outcome:
    """What came of one photo. `work_ms` is what each stage of a worker took, in milliseconds."""

    name: str
    error: Failure | None = None
    faces: Sequence[Face] = ()
    work_ms: Mapping[str, float] = field(default_factory=dict)
    scene: Scene = field(default_factory=Scene)

    def summary(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "error": asdict(self.error) if self.error else None,
            "faces": [face.summary() for face in self.faces],
            **self.scene.summary(),
        }


@dataclass(frozen=True)
class Sighting:
    """A face, and the names of the files that show it: several where one is another's copy."""

    photos: Sequence[str]
    face: Face


@dataclass(frozen=True)
class Group:
    """The faces of one cluster."""

    id: str
    label: str
    person: str | None
    sightings: Sequence[Sighting]

    @property
    def photos(self) -> list[str]:
        return sorted({photo for sighting in self.sightings for photo in sighting.photos})

    def summary(self) -> dict[str, Any]:
        faces = [{"photos": list(s.photos), **s.face.summary()} for s in self.sightings]
        return {"id": self.id, "label": self.label, "person": self.person, "faces": faces}


@dataclass(frozen=True)
class Report:
    """All of it. `stages` says how many seconds each step of the demo took, and may yet grow."""

    outcomes: Sequence[Outcome]
    groups: Sequence[Group]
    stages: Mapping[str, float]

    @property
    def failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.error]

    @property
    def alone(self) -> list[Sighting]:
        """The faces of no cluster."""
        return [sighting for sighting in sightings(self.outcomes) if not sighting.face.cluster]

    @property
    def face_count(self) -> int:
        return len(sightings(self.outcomes))

    @property
    def titles(self) -> dict[str, str]:
        """What we call the groups, by their ids: by their person, or by a number."""
        unnamed = (group.id for group in self.groups if not group.person)
        numbers = {name: f"Person {number}" for number, name in enumerate(unnamed, start=1)}
        return {group.id: group.person or numbers[group.id] for group in self.groups}

    @property
    def photos_per_s(self) -> float | None:
        """Without the first photo, which waits until models are loaded; none if that is all."""
        more = len(self.outcomes) - 1
        return more / self.stages["photos"] if more > 0 else None

    def summary(self) -> dict[str, Any]:
        """For people and programs, as JSON has it."""
        seconds = {name: round(taken, 3) for name, taken in self.stages.items()}
        rate = self.photos_per_s
        return {
            "photos": [outcome.summary() for outcome in self.outcomes],
            "clusters": [group.summary() for group in self.groups],
            "stages": {**seconds, "total": round(sum(self.stages.values()), 3)},
            "work_ms": usual_work(self.outcomes),
            "photos_per_s": rate and round(rate, 2),
        }


def sightings(outcomes: Sequence[Outcome]) -> list[Sighting]:
    """Each face once."""
    faces: dict[int, Face] = {}
    names: dict[int, list[str]] = {}
    for outcome in outcomes:
        for face in outcome.faces:
            faces[face.id] = face
            names.setdefault(face.id, []).append(outcome.name)
    return [Sighting(names[number], face) for number, face in faces.items()]


def groups(told: Sequence[Mapping[str, Any]], outcomes: Sequence[Outcome]) -> list[Group]:
    """The clusters that the API told of, with their faces: named ones first, then by size."""
    members: dict[str | None, list[Sighting]] = {}
    for sighting in sightings(outcomes):
        members.setdefault(sighting.face.cluster, []).append(sighting)
    found = [
        Group(
            id=cluster["id"],
            label=cluster["label"],
            person=cluster["person"] and cluster["person"]["name"],
            sightings=members.get(cluster["id"], []),
        )
        for cluster in told
    ]
    return sorted(found, key=_prominence)


def _prominence(group: Group) -> tuple[bool, str, int, list[str]]:
    return group.person is None, group.person or "", -len(group.sightings), group.photos


def counted(number: int, one: str, many: str = "") -> str:
    """A number and what it counts: 1 photo, 2 photos."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def usual_work(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The median of each stage of the workers, in ms, over the photos that went through it.

    Not the mean: what waits until a model is loaded takes a hundred times as long.
    """
    taken: dict[str, list[float]] = {}
    for outcome in outcomes:
        for stage, milliseconds in outcome.work_ms.items():
            taken.setdefault(stage, []).append(milliseconds)
    return {stage: round(median(each), 1) for stage, each in taken.items()}


def faults(groups: Sequence[Group], people: Mapping[str, Collection[str]]) -> list[str]:
    """What is wrong with `groups`, each a sentence.

    `people` has the photos of everybody who is in more than one.
    """
    apart = [
        f"The photos of {person} are not together: {', '.join(photos)}."
        for person, photos in people.items()
        if not any(set(photos) <= set(group.photos) for group in groups)
    ]
    strangers = [
        f"Strangers are taken for one person, in {', '.join(group.photos)}."
        for group in groups
        if len(group.photos) > 1
        and not any(set(group.photos) <= set(photos) for photos in people.values())
    ]
    return apart + strangers
