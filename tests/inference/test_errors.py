"""What callers may count on of each error."""

from inference import errors
from inference.errors import InferenceCorrupt, InferenceError, InferenceRejected

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.InferenceError)
]


class TestErrors:
    def test_have_codes_of_their_own(self) -> None:
        codes = [kind.code for kind in KINDS]

        assert len(set(codes)) == len(codes) == 10
        assert all(code.startswith("inference_") for code in codes)

    def test_are_worth_another_try_unless_it_would_end_the_same(self) -> None:
        lasting = {kind for kind in KINDS if not kind.retryable}

        assert lasting == {InferenceError, InferenceRejected, InferenceCorrupt}
