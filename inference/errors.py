"""What can go wrong between us and the model server.

Messages are sentences for callers of the API: they name the model, never an address. The
server's own words are the exception's `__cause__`.
"""


class InferenceError(Exception):
    """A model gave no answer, or a wrong one."""

    code = "inference_error"
    retryable = False


class InferenceUnavailable(InferenceError):
    """The server cannot be reached: it is down, starting, or the connection broke."""

    code = "inference_unavailable"
    retryable = True


class InferenceTimeout(InferenceError):
    """The server did not answer in time."""

    code = "inference_timeout"
    retryable = True


class InferenceOverloaded(InferenceError):
    """The server has more to do than it can: its queue is full, or we waited too long in it."""

    code = "inference_overloaded"
    retryable = True


class InferenceNotReady(InferenceError):
    """The server answers, but cannot run this model now.

    The model is being loaded, was unloaded, is not in the repository, or the server shuts down:
    in all these cases it says the same.
    """

    code = "inference_not_ready"
    retryable = True


class ModelRefused(InferenceNotReady):
    """The model's files are not those that were built, or could do harm: nobody loads them.

    Build the model again, or take its folder away.
    """

    code = "inference_refused"


class InferenceFailed(InferenceError):
    """The model broke while it ran.

    One bad request fails all that share its batch, so another try may well succeed.
    """

    code = "inference_failed"
    retryable = True


class InferenceModelDied(InferenceFailed):
    """The model's process has ended, perhaps in the middle of a batch."""

    code = "inference_model_died"


class InferenceRejected(InferenceError):
    """What we sent does not fit the model."""

    code = "inference_rejected"


class InferenceCorrupt(InferenceError):
    """What came back is not what the model promises: another shape or type, or no numbers."""

    code = "inference_corrupt"
