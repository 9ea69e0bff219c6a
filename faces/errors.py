"""What can go wrong with faces and people."""


class FaceError(Exception):
    code = "face_error"
    retryable = False


class GroupingBusy(FaceError):
    """The owner's faces are being grouped right now: look again in a moment."""

    code = "grouping_busy"
    retryable = True


class ClusterMissing(FaceError):
    """The cluster that others were to be merged into is not there any more."""

    code = "cluster_missing"


class PeopleDiffer(FaceError):
    """The clusters have the names of different people: staff have to say who it is first."""

    code = "people_differ"


class NameMissing(FaceError):
    """A person needs a name: it is empty."""

    code = "name_missing"


class NameTooLong(FaceError):
    """A person's name has more letters than can be kept."""

    code = "name_too_long"


class NameTaken(FaceError):
    """The owner has somebody else who goes by this name, or has this contact id."""

    code = "name_taken"


class NameAlike(FaceError):
    """The owner has somebody whose name differs in capitals, accents or marks alone.

    Give that name, or say that this is another person.
    """

    code = "name_alike"


class PersonMissing(FaceError):
    """There is no such person, or no more."""

    code = "person_missing"


class FaceMissing(FaceError):
    """Some of the faces are not there, or no more."""

    code = "face_missing"


class TwiceInPhoto(FaceError):
    """Somebody would be in a photo twice."""

    code = "twice_in_photo"


class Contradicted(FaceError):
    """Somebody has said the opposite before: that is to be taken back first."""

    code = "contradicted"


class EditMissing(FaceError):
    """There is no such edit."""

    code = "edit_missing"


class AlreadyUndone(FaceError):
    """The edit was undone before."""

    code = "already_undone"


class EditErased(FaceError):
    """What the edit changed has been erased with a person: it is gone for good."""

    code = "edit_erased"


class Overtaken(FaceError):
    """A later edit has changed the same: that one is to be undone first."""

    code = "overtaken"


class NothingChosen(FaceError):
    """Faces, clusters or people are to be chosen: none was."""

    code = "nothing_chosen"


class NotAsked(FaceError):
    """The question is not asked any more: somebody has settled it, or what it was about is gone."""

    code = "not_asked"


class ConstraintsConflict(FaceError):
    """What is known of faces contradicts itself: two are said to be one person, and are not."""

    code = "constraints_conflict"


class FaceUnseen(FaceError):
    """The active model has not seen the face yet: process/reindex has it do so."""

    code = "face_unseen"


class NoFace(FaceError):
    """The picture shows no face. Send another one."""

    code = "no_face"


class SeveralFaces(FaceError):
    """The picture shows several faces: say which one is meant, by its box."""

    code = "several_faces"


class FaceTooPoor(FaceError):
    """The face can't be recognised well enough to compare others with it. Send another picture."""

    code = "face_too_poor"


class NothingFound(FaceError):
    """No face was found in any photo yet: there is nothing to be measured."""

    code = "nothing_found"


class BoxUnusable(FaceError):
    """The box can't be that of a face of this photo: it lies outside, or is too small."""

    code = "box_unusable"


class FaceThere(FaceError):
    """A face of the photo is in this place already: move its box."""

    code = "face_there"


class DocumentInvalid(FaceError):
    """The document of people can't be read. The message says where, and what to give instead."""

    code = "document_invalid"


class TrainerMissing(FaceError):
    """The environment that trains is not installed: run `make hub`, or set TRAINER_PYTHON."""

    code = "trainer_missing"


class TrainingBusy(FaceError):
    """Another training is running: ask again when it is done."""

    code = "training_busy"
    retryable = True


class TrainingRefused(FaceError):
    """A head can't be learnt from these faces, or not be published. `code` says why.

    `too_few_people`, `too_few_faces`, `labels_contradict`, `vectors_not_finite`,
    `vectors_not_unit`, `training_diverged`, `model_differs`, `not_publishable`, and the others
    of `training/README.md`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class TrainingFailed(FaceError):
    """The program that trains ended without a word, or said what nobody understands."""

    code = "training_failed"


class MatcherMissing(FaceError):
    """There is no such training."""

    code = "matcher_missing"


class MatcherNotKept(FaceError):
    """The head tells people apart no better than what there was: it is not used."""

    code = "matcher_not_kept"


class MatcherOutdated(FaceError):
    """The head was trained for another embedder than the active one: train again."""

    code = "matcher_outdated"
