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
