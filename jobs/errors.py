"""What can go wrong with a job, beside what can go wrong with its photos."""


class JobError(Exception):
    code = "job_error"
    retryable = False


class LeaseLost(JobError):
    """The item was given to another worker meanwhile: this worker's results are dropped."""

    code = "lease_lost"


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
