"""How well the models tell people apart, on labelled photos: with and without a trained head."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings

from faces import calibration
from faces.matching import Least
from faces.trials import Faces, Score, scores
from inference import roles
from inference.client import Inference, TritonClient
from inference.configs import DescribedModels
from inference.errors import InferenceNotReady
from inference.faces import TritonFaceDetector, TritonFaceEmbedder, TritonFaceMatcher
from inference.identity import ModelIdentity
from inference.spec import ModelSpec
from jobs.labelled import Labelled, Looks
from jobs.operations import face_tiling
from jobs.remote.models import LoneKeeper
from local.triton import Triton
from photos.policy import Policy, shares_memory
from photos.roles import spaces

Tell = Callable[[int, int], None]  # photos that were looked at, of how many


@dataclass(frozen=True)
class Trial:
    """What came of the vectors of one model."""

    model: str
    scores: list[Score]


@dataclass(frozen=True)
class Evaluation:
    """What was measured, and on how much."""

    photos: int  # of people, one face each
    faces: int  # that were found in them
    group_photos: int
    group_faces: int
    trials: list[Trial]  # the embedder's, then those with a head behind it

    def as_json(self) -> dict[str, Any]:
        told = asdict(self)
        for trial, shown in zip(self.trials, told["trials"], strict=True):
            for score, each in zip(trial.scores, shown["scores"], strict=True):
                each["pairwise"]["f1"] = score.pairwise.f1
                each["bcubed"]["f1"] = score.bcubed.f1
        return told


@dataclass(frozen=True)
class FaceModels:
    """The models of one pack at a server, and the heads for its embedder."""

    client: Inference
    repository: Path
    pack: str

    def evaluated(self, people: Labelled, groups: Labelled | None, tell: Tell) -> Evaluation:
        """All methods of grouping, and dual mode, by the vectors of each model.

        Raises:
            InferenceError: a model is not there, or gives no answer.
            LabelsUnusable: a photo can't be read.
        """
        detector = self.newest(roles.FACE_DETECTOR)
        embedder = TritonFaceEmbedder(self.client, self.newest(roles.FACE_EMBEDDER))
        looks = Looks(TritonFaceDetector(self.client, detector, tiling=face_tiling()), embedder)
        before = len(people.paths)
        total = before + (len(groups.paths) if groups else 0)
        theirs, several = looks.at(people, lambda done: tell(done, total)), None
        if groups:
            several = looks.at(groups, lambda done: tell(before + done, total))
        trials = [_trial(embedder.model.name, embedder.identity, theirs, several)]
        trials += [
            _trial(
                head.model.name,
                head.identity,
                _moved(head, theirs),
                several and _moved(head, several),
            )
            for head in self._heads(embedder)
        ]
        return Evaluation(
            before, len(theirs), total - before, len(several) if several else 0, trials
        )

    def newest(self, role: ModelSpec) -> ModelSpec:
        """
        Raises:
            InferenceNotReady: the pack has no model for the role.
        """
        start = f"{role.name}.{self.pack}."
        found = [name for name in spaces(self.repository) if name.startswith(start)]
        versions = [
            int(name.removeprefix(start)) for name in found if name.removeprefix(start).isdecimal()
        ]
        if not versions:
            raise InferenceNotReady(
                f"The pack {self.pack!r} has no {role.name} in {self.repository}: "
                "run `make models`, or name another pack."
            )
        return role.at(f"{start}{max(versions)}")

    def _heads(self, embedder: TritonFaceEmbedder) -> Iterator[TritonFaceMatcher]:
        """Those that were trained for this embedder's vectors."""
        described = DescribedModels(self.repository)
        for name in sorted(spaces(self.repository)):
            if name.startswith(f"{roles.FACE_MATCHER.name}."):
                model = roles.FACE_MATCHER.at(name)
                if described.identity(model).text("takes") == embedder.identity.space:
                    yield TritonFaceMatcher(embedder, self.client, model)


def _moved(head: TritonFaceMatcher, faces: Faces) -> Faces:
    return replace(faces, vectors=head.moved(faces.vectors))


def _trial(model: str, identity: ModelIdentity, people: Faces, groups: Faces | None) -> Trial:
    same_person = identity.same_person_cosine
    scale = calibration.of_model(same_person)
    least = Least(scale.cosine(settings.FACE_PERSON_MATCH_THRESHOLD), same_person)
    return Trial(model, scores(people, groups, least, settings.FACE_UNKNOWN_MIN_CLUSTER_SIZE))


@contextmanager
def model_server() -> Iterator[TritonClient]:
    """A client of the server of TRITON_URL; if none answers there, of one of our own.

    Raises:
        LocalError: ours does not start.
    """
    policy = Policy.from_settings()
    with _client(settings.TRITON_URL, policy, explicit=policy.explicit) as client:
        if client.live():
            yield client
            return
    with (
        tempfile.TemporaryDirectory(prefix="kindred-") as folder,
        Triton(settings.MODEL_REPOSITORY, (), Path(folder)) as triton,
        _client(triton.url, policy, explicit=True) as client,
    ):
        yield client


def _client(url: str, policy: Policy, *, explicit: bool) -> TritonClient:
    keeper = LoneKeeper(url, policy.load_s, settings.MODEL_REPOSITORY)
    return TritonClient(
        url,
        timeout_s=policy.call_s,
        keeper=keeper if explicit else None,
        share_memory=shares_memory(url),
    )
