"""What can go wrong with faces and people."""


class FaceError(Exception):
    code = "face_error"
    retryable = False


class GroupingBusy(FaceError):
    """The owner's faces are being grouped right now: look again in a moment."""

    code = "grouping_busy"
    retryable = True


class NameMissing(FaceError):
    """A person needs a name: it is empty."""

    code = "name_missing"


class NameTooLong(FaceError):
    """A person's name has more letters than can be kept."""

    code = "name_too_long"
