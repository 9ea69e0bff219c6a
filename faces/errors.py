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


class SpacesDiffer(FaceError):
    """The clusters were made by different models: what these saw can't be compared."""

    code = "spaces_differ"


class NameMissing(FaceError):
    """A person needs a name: it is empty."""

    code = "name_missing"


class NameTooLong(FaceError):
    """A person's name has more letters than can be kept."""

    code = "name_too_long"


class NameTaken(FaceError):
    """The owner has somebody else who goes by this name, or has this contact id."""

    code = "name_taken"


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
