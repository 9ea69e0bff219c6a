"""What can go wrong with a job, beside what can go wrong with its photos."""


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


class IdempotencyKeyReused(JobError):
    """Something else was asked for with this idempotency key before. Use another key."""

    code = "idempotency_key_reused"


class JobUnfinished(JobError):
    """The job has photos that are still to be done: cancel it first."""

    code = "job_unfinished"


class JobFinished(JobError):
    """Nothing of the job is left that could be paused, resumed or cancelled."""

    code = "job_finished"


class DatabaseAway(JobError):
    """The database gave no answer, or ended our transaction for another's sake."""

    code = "database_unavailable"
    retryable = True


class UploadTooLarge(JobError):
    """A file, or a request, is larger than this service takes."""

    code = "too_large"


class UploadMissing(JobError):
    """The file that waited in the intake storage is no longer there."""

    code = "file_missing"


class OperationUnavailable(JobError):
    """No model of this installation does what was asked for."""

    code = "operation_unavailable"
