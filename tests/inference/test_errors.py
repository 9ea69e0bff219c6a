"""What callers may count on of each error."""

from inference.errors import InferenceCorrupt, InferenceError, InferenceRejected


class TestErrors:
    def test_have_codes_of_their_own(self) -> None:
        kinds: list[type[InferenceError]] = [InferenceError, *InferenceError.__subclasses__()]

        codes = [kind.code for kind in kinds]

        assert len(set(codes)) == len(codes) == 8
        assert all(code.startswith("inference_") for code in codes)

    def test_are_worth_another_try_unless_it_would_end_the_same(self) -> None:
        kinds: list[type[InferenceError]] = [InferenceError, *InferenceError.__subclasses__()]

        lasting = {kind for kind in kinds if not kind.retryable}

        assert lasting == {InferenceError, InferenceRejected, InferenceCorrupt}
