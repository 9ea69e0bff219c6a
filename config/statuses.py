"""Which status an error of the house has as an answer; and so, which codes an answer may have."""

from collections.abc import Iterator

from rest_framework import status

from faces import errors as of_faces
from faces.errors import FaceError
from inference.errors import InferenceError
from jobs import errors as of_jobs
from jobs.errors import JobError
from photos import errors as of_photos
from photos.errors import PhotoError, ServingError, VectorUnfit
from search import errors as of_search
from search.errors import SearchError

HOUSE = (PhotoError, FaceError, SearchError, JobError, VectorUnfit, InferenceError, ServingError)
_FAMILIES = (PhotoError, FaceError, SearchError, JobError, ServingError)  # said of nothing
_MISSING = (
    of_faces.ClusterMissing,
    of_faces.EditMissing,
    of_faces.FaceMissing,
    of_faces.MatcherMissing,
    of_faces.PersonMissing,
    of_photos.ModelUnknown,
    of_search.CollectionMissing,
    of_search.PhotoMissing,
    of_search.PointMissing,
    of_search.SpaceUnknown,
)
_WRONG = (of_jobs.StorageEventInvalid, of_search.PointInvalid)
_UNPROVEN = (of_jobs.StorageUnproven,)  # as the view says it
_TOO_LARGE = (of_jobs.UploadTooLarge,)
_TOO_MANY = (of_jobs.QueueFull,)
_NO_ROOM = (of_photos.StorageFull,)
_AWAY = (
    InferenceError,
    of_search.VocabularyError,
    of_jobs.DatabaseAway,
    of_jobs.TooManyStreams,
    of_photos.DecoderUnavailable,
    of_photos.StoreUnavailable,
    of_faces.TrainerMissing,
)
_CONFLICTS = (
    ServingError,
    of_faces.AlreadyUndone,
    of_faces.Contradicted,
    of_faces.EditErased,
    of_faces.FaceThere,
    of_faces.GroupingBusy,
    of_faces.MatcherNotKept,
    of_faces.MatcherOutdated,
    of_faces.NameAlike,
    of_faces.NameTaken,
    of_faces.Overtaken,
    of_faces.PeopleDiffer,
    of_faces.TrainingBusy,
    of_faces.TwiceInPhoto,
    of_jobs.Cancelled,
    of_jobs.CleanUpBusy,
    of_jobs.FindingsOutdated,
    of_jobs.JobFinished,
    of_jobs.JobUnfinished,
    of_jobs.LeaseLost,
    of_jobs.NothingFailed,
    of_jobs.TooManyWebhooks,
    of_jobs.WebhookDisabled,
    of_search.CollectionDiffers,
    of_search.PhotosLeft,
    of_search.PointTaken,
    of_search.SavedNameTaken,
    of_search.SpaceInUse,
)
_STATUSES = (  # the first one that fits
    (_MISSING, status.HTTP_404_NOT_FOUND),
    (_WRONG, status.HTTP_400_BAD_REQUEST),
    (_UNPROVEN, status.HTTP_401_UNAUTHORIZED),
    (_TOO_LARGE, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE),
    (_TOO_MANY, status.HTTP_429_TOO_MANY_REQUESTS),
    (_NO_ROOM, status.HTTP_507_INSUFFICIENT_STORAGE),
    (_AWAY, status.HTTP_503_SERVICE_UNAVAILABLE),
    (_CONFLICTS, status.HTTP_409_CONFLICT),
    (HOUSE, status.HTTP_422_UNPROCESSABLE_ENTITY),
)


def status_of(error: type[Exception]) -> int:
    """Of an error of the house: what is not there, is not the moment, or can't be processed."""
    return next(code for kinds, code in _STATUSES if issubclass(error, kinds))


def errors() -> Iterator[type[Exception]]:
    """All of the house that have a code of their own."""
    left: list[type[Exception]] = [*HOUSE]
    while left:
        error = left.pop()
        left += error.__subclasses__()
        if "code" in vars(error) and error not in _FAMILIES:
            yield error
