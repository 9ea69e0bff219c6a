"""The client and whoever keeps the models loaded."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from inference.client import TritonClient
from inference.errors import InferenceNotReady, InferenceUnavailable
from tests.inference.server import Answer, configuration, outputs, refusal, serving
from tests.tiny import GIVEN, doubler

DOUBLE = doubler("double.tiny.1")
ANSWER = outputs(doubled=np.array([[2, 4]], np.float32))


@dataclass
class Notes:
    """A keeper that writes down what it is asked, and loads nothing or raises `error`."""

    error: Exception | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def using(self, model: str) -> None:
        self.asked.append(("using", model))

    def have(self, model: str) -> None:
        self.asked.append(("have", model))
        if self.error:
            raise self.error

    def renew(self, model: str) -> None:
        self.asked.append(("renew", model))
        if self.error:
            raise self.error


def in_turn(*answers: Answer) -> Answer:
    """Each request is answered by the next of `answers`."""
    left = iter(answers)

    def answer(request: Any, context: Any) -> Any:
        return next(left)(request, context)

    return answer


def infer(keeper: Notes | None, *answers: Answer) -> Any:
    with (
        serving({"ModelInfer": in_turn(*answers)}) as url,
        TritonClient(url, timeout_s=10, keeper=keeper) as client,
    ):
        return client.infer(DOUBLE, given=GIVEN)["doubled"].tolist()


class TestKeeper:
    def test_hears_of_each_use(self) -> None:
        keeper = Notes()

        infer(keeper, ANSWER)

        assert keeper.asked == [("using", DOUBLE.name)]

    def test_loads_what_is_not_loaded_and_the_call_goes_on(self) -> None:
        keeper = Notes()

        doubled = infer(keeper, refusal("NOT_FOUND"), ANSWER)

        assert doubled == [[2, 4]]
        assert keeper.asked == [("using", DOUBLE.name), ("have", DOUBLE.name)]

    def test_is_asked_once_for_a_call(self) -> None:
        keeper = Notes()

        with pytest.raises(InferenceNotReady):
            infer(keeper, refusal("NOT_FOUND"), refusal("NOT_FOUND"))

        assert keeper.asked == [("using", DOUBLE.name), ("have", DOUBLE.name)]

    def test_renews_what_has_died_and_the_call_goes_on(self) -> None:
        keeper = Notes()

        assert infer(keeper, refusal("INTERNAL", "Stub is not healthy"), ANSWER) == [[2, 4]]
        assert keeper.asked == [("using", DOUBLE.name), ("renew", DOUBLE.name)]

    def test_says_why_it_can_not(self) -> None:
        keeper = Notes(error=InferenceUnavailable("the disk is away"))

        with pytest.raises(InferenceUnavailable, match="the disk is away"):
            infer(keeper, refusal("NOT_FOUND"))

    def test_is_left_alone_by_other_errors(self) -> None:
        keeper = Notes()

        with pytest.raises(InferenceUnavailable):
            infer(keeper, refusal("UNAVAILABLE"))

        assert keeper.asked == [("using", DOUBLE.name)]

    def test_loads_for_the_identity_too(self) -> None:
        keeper = Notes()
        said = configuration({"space": "double:01:1", "weights_sha256": "01"})
        answers = {"ModelConfig": in_turn(refusal("NOT_FOUND"), said)}

        with serving(answers) as url, TritonClient(url, timeout_s=10, keeper=keeper) as client:
            identity = client.identity(DOUBLE)

        assert identity.space == "double:01:1"
        assert keeper.asked == [("using", DOUBLE.name), ("have", DOUBLE.name)]

    def test_need_not_be_there(self) -> None:
        with pytest.raises(InferenceNotReady):
            infer(None, refusal("NOT_FOUND"))
