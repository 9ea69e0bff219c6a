"""What can go wrong with a job, beside what can go wrong with its photos."""

from django.utils.translation import gettext


class JobError(Exception):
    code = "job_error"
    retryable = False


class LeaseLost(JobError):
    """The item was given to another worker meanwhile: this worker's results are dropped."""

    code = "lease_lost"


class Cancelled(JobError):
    """Somebody has asked to cancel the item while it is being worked on: results are dropped."""

    code = "cancelled"


class QueueFull(JobError):
    """The owner has as many photos waiting as one may have. Send the rest later."""

    code = "queue_full"
    retry_after_s = 30

    def __init__(self, limit: int, what: str) -> None:
        words = gettext("At most %(limit)d of your %(what)s may wait at a time: send more later.")
        super().__init__(words % {"limit": limit, "what": what})


class JobUnfinished(JobError):
    """The job has photos that are still to be done: cancel it first."""

    code = "job_unfinished"


class JobFinished(JobError):
    """Nothing of the job is left that could be paused, resumed or cancelled."""

    code = "job_finished"


class NothingFailed(JobError):
    """None of these photos has failed: there is nothing to be tried again."""

    code = "nothing_failed"


class FindingsInvalid(JobError):
    """What a remote worker says of a photo can't be true, or is not complete. Nothing is stored."""

    code = "findings_invalid"


class FindingsOutdated(JobError):
    """Other models are active by now than those that looked at the photo: it is looked at again."""

    code = "findings_outdated"
    retryable = True


class CleanUpBusy(JobError):
    """Another clean-up is running: what it leaves is for the next one."""

    code = "cleanup_busy"
    retry_after_s = 30


class DatabaseAway(JobError):
    """The database gave no answer, or ended our transaction for another's sake."""

    code = "database_unavailable"
    retryable = True


class TooManyStreams(JobError):
    """As many requests wait for something to happen as this process has room for."""

    code = "too_many_streams"
    retry_after_s = 5


class UploadTooLarge(JobError):
    """A file, or a request, is larger than this service takes."""

    code = "too_large"


class UploadMissing(JobError):
    """The file that waited in the intake storage is no longer there."""

    code = "file_missing"


class MediaStoreMissing(JobError):
    """The media store knows no photo of this id, or there is no media store."""

    code = "media_store_missing"


class StorageUnproven(JobError):
    """A request that announces photos does not show that a storage known here has sent it."""

    code = "authentication_failed"


class StorageEventInvalid(JobError):
    """What a storage announces can't be read, or names what is not inside of its bucket."""

    code = "invalid"


class NamesUnwanted(JobError):
    """READ_NAMES says that names in the files of photos are left alone here."""

    code = "names_unwanted"


class OperationUnavailable(JobError):
    """No model of this installation does what was asked for."""

    code = "operation_unavailable"


class TooManyWebhooks(JobError):
    """The owner has as many webhooks as one may have. Delete one first."""

    code = "too_many_webhooks"


class WebhookDisabled(JobError):
    """Nothing is sent to the webhook until it is enabled."""

    code = "webhook_disabled"


class TaskFailed(JobError):
    """What somebody waited for has failed. `code` is that of what went wrong."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class LabelsUnusable(JobError):
    """The folders of photos of known people are not as they have to be to measure anything."""

    code = "labels_unusable"


class CaptionsUnusable(JobError):
    """A folder of photos and captions is not as it has to be to measure anything."""

    code = "captions_unusable"
