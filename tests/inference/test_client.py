"""The client of the model server, over real connections."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest

from inference.arrays import Array
from inference.client import TritonClient
from inference.errors import (
    InferenceCorrupt,
    InferenceError,
    InferenceFailed,
    InferenceModelDied,
    InferenceNotReady,
    InferenceOverloaded,
    InferenceRejected,
    InferenceTimeout,
    InferenceUnavailable,
)
from inference.identity import ModelIdentity
from local.processes import wait_until
from tests.inference.doubling import DOUBLE, DOUBLED, GIVEN, PARAMETERS, is_up, noting
from tests.inference.server import Answer, configuration, outputs, readiness, refusal, serving

REFUSALS: list[tuple[str, str, type[InferenceError]]] = [
    ("UNAVAILABLE", "failed to connect to all addresses", InferenceUnavailable),
    ("UNAVAILABLE", "Exceeds maximum queue size", InferenceOverloaded),
    ("INTERNAL", "Stub process 'a_0' is not healthy.", InferenceModelDied),
    ("UNAVAILABLE", "Request timeout expired", InferenceOverloaded),
    ("RESOURCE_EXHAUSTED", "too many requests", InferenceOverloaded),
    ("CANCELLED", "shutting down", InferenceUnavailable),
    ("DEADLINE_EXCEEDED", "Deadline Exceeded", InferenceTimeout),
    ("NOT_FOUND", "model has no available versions", InferenceNotReady),
    ("INVALID_ARGUMENT", "unexpected shape", InferenceRejected),
    ("INTERNAL", "onnx runtime error 1", InferenceFailed),
    ("UNKNOWN", "something else", InferenceFailed),
]


@pytest.fixture
def client_of() -> Iterator[Callable[..., TritonClient]]:
    """Makes a client of a server that gives the named answers."""
    with ExitStack() as stack:

        def make(**answers: Answer) -> TritonClient:
            url = stack.enter_context(serving(answers))
            return stack.enter_context(TritonClient(url, timeout_s=10))

        yield make


@pytest.fixture
def silent_url() -> Iterator[str]:
    """Where connections are accepted by the system, and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


class TestInfer:
    def test_gives_outputs_by_their_names(self, client_of: Callable[..., TritonClient]) -> None:
        client = client_of(ModelInfer=outputs(doubled=DOUBLED))

        answer = client.infer(DOUBLE, given=GIVEN)

        assert list(answer) == ["doubled"]
        assert answer["doubled"].tolist() == DOUBLED.tolist()

    def test_sends_the_arrays_and_the_models_name(
        self, client_of: Callable[..., TritonClient]
    ) -> None:
        requests: list[Any] = []
        client = client_of(ModelInfer=noting(requests, outputs(doubled=DOUBLED)))

        client.infer(DOUBLE.at("double.tests.7"), given=GIVEN)

        [request] = requests
        assert (request.model_name, request.model_version) == ("double.tests.7", "")
        assert [(i.name, i.datatype, list(i.shape)) for i in request.inputs] == [
            ("given", "UINT8", [2, 2])
        ]
        assert list(request.raw_input_contents) == [GIVEN.tobytes()]
        assert [output.name for output in request.outputs] == ["doubled"]

    def test_sends_views_in_the_order_they_show(
        self, client_of: Callable[..., TritonClient]
    ) -> None:
        requests: list[Any] = []
        client = client_of(ModelInfer=noting(requests, outputs(doubled=DOUBLED)))

        client.infer(DOUBLE, given=GIVEN[:, ::-1])

        assert list(requests[0].raw_input_contents) == [bytes([2, 1, 4, 3])]

    @pytest.mark.parametrize(
        "arrays",
        [
            {"given": GIVEN.astype(np.float32)},
            {"given": np.zeros((1, 3), np.uint8)},
            {"given": np.zeros((5, 2), np.uint8)},
            {"given": np.zeros((0, 2), np.uint8)},
            {"taken": GIVEN},
            {},
        ],
    )
    def test_rejects_what_does_not_fit_before_it_is_sent(
        self, arrays: dict[str, Array], closed_port: int
    ) -> None:
        with (
            TritonClient(f"127.0.0.1:{closed_port}", timeout_s=10) as client,
            pytest.raises(InferenceRejected, match=r"^double: "),
        ):
            client.infer(DOUBLE, **arrays)

    @pytest.mark.parametrize(
        "answer",
        [
            outputs(doubled=np.array([[1, np.nan], [3, 4]], np.float32)),
            outputs(doubled=np.array([[1, np.inf], [3, 4]], np.float32)),
            outputs(doubled=DOUBLED.astype(np.float64)),
            outputs(doubled=DOUBLED[:1]),
            outputs(doubled=DOUBLED.ravel()),
            outputs(tripled=DOUBLED),
            outputs(),
        ],
        ids=["NaN", "infinite", "type", "batch", "rank", "name", "nothing"],
    )
    def test_calls_an_answer_that_does_not_fit_corrupt(
        self, answer: Answer, client_of: Callable[..., TritonClient]
    ) -> None:
        client = client_of(ModelInfer=answer)

        with pytest.raises(InferenceCorrupt, match=r"^double: "):
            client.infer(DOUBLE, given=GIVEN)

    def test_calls_an_answer_with_too_few_bytes_corrupt(
        self, client_of: Callable[..., TritonClient]
    ) -> None:
        response = outputs(doubled=DOUBLED)(None, None)
        response.raw_output_contents[0] = b""
        client = client_of(ModelInfer=lambda request, context: response)

        with pytest.raises(InferenceCorrupt, match=r"^double: "):
            client.infer(DOUBLE, given=GIVEN)

    @pytest.mark.parametrize(("status", "words", "error"), REFUSALS)
    def test_translates_the_servers_errors(
        self,
        status: str,
        words: str,
        error: type[InferenceError],
        client_of: Callable[..., TritonClient],
    ) -> None:
        client = client_of(ModelInfer=refusal(status, words))

        with pytest.raises(InferenceError, match=r"^double: ") as caught:
            client.infer(DOUBLE, given=GIVEN)

        assert type(caught.value) is error
        assert words in str(caught.value.__cause__)

    def test_is_unavailable_where_nobody_listens(self, closed_port: int) -> None:
        with (
            TritonClient(f"127.0.0.1:{closed_port}", timeout_s=10) as client,
            pytest.raises(InferenceUnavailable) as caught,
        ):
            client.infer(DOUBLE, given=GIVEN)

        assert str(caught.value) == "double: the model server cannot be reached"

    def test_is_not_kept_waiting_by_a_server_that_says_nothing(self, silent_url: str) -> None:
        with (
            TritonClient(silent_url, timeout_s=0.2) as client,
            pytest.raises(InferenceTimeout) as caught,
        ):
            client.infer(DOUBLE, given=GIVEN)

        assert str(caught.value) == "double: the model server did not answer in time"

    def test_works_again_when_the_server_is_back(self, closed_port: int) -> None:
        answer = outputs(doubled=DOUBLED)
        with TritonClient(f"127.0.0.1:{closed_port}", timeout_s=10) as client:
            with serving({"ModelInfer": answer}, port=closed_port):
                client.infer(DOUBLE, given=GIVEN)
            with pytest.raises(InferenceUnavailable):
                client.infer(DOUBLE, given=GIVEN)

            answers = {"ModelInfer": answer, "ModelReady": readiness(ready=True)}
            with serving(answers, port=closed_port):
                wait_until(lambda: is_up(client), timeout_s=10, what="The connection")
                back = client.infer(DOUBLE, given=GIVEN)

        assert back["doubled"].tolist() == DOUBLED.tolist()


class TestReady:
    def test_says_what_the_server_says(self, client_of: Callable[..., TritonClient]) -> None:
        loaded = client_of(ModelReady=readiness(ready=True))
        unloaded = client_of(ModelReady=readiness(ready=False))

        assert (loaded.ready(DOUBLE), unloaded.ready(DOUBLE)) == (True, False)

    def test_is_false_for_a_model_that_the_server_does_not_know(
        self, client_of: Callable[..., TritonClient]
    ) -> None:
        assert client_of(ModelReady=refusal("NOT_FOUND")).ready(DOUBLE) is False

    def test_is_unavailable_where_nobody_listens(self, closed_port: int) -> None:
        with (
            TritonClient(f"127.0.0.1:{closed_port}", timeout_s=10) as client,
            pytest.raises(InferenceUnavailable),
        ):
            client.ready(DOUBLE)

    def test_is_not_kept_waiting_by_a_server_that_says_nothing(self, silent_url: str) -> None:
        with (
            TritonClient(silent_url, timeout_s=0.2) as client,
            pytest.raises(InferenceTimeout),
        ):
            client.ready(DOUBLE)


class TestIdentity:
    def test_is_what_the_models_configuration_says(
        self, client_of: Callable[..., TritonClient]
    ) -> None:
        assert client_of(ModelConfig=configuration(PARAMETERS)).identity(DOUBLE) == ModelIdentity(
            role="double",
            space="double:0123:7",
            weights_sha256="0123",
            version="7",
            parameters=PARAMETERS,
            shapes={"given": (2,)},
        )

    @pytest.mark.parametrize("name", ["space", "weights_sha256"])
    def test_is_corrupt_when_it_does_not_say_which_weights(
        self, name: str, client_of: Callable[..., TritonClient]
    ) -> None:
        rest = {other: value for other, value in PARAMETERS.items() if other != name}
        client = client_of(ModelConfig=configuration(rest))

        with pytest.raises(InferenceCorrupt, match=name):
            client.identity(DOUBLE)

    def test_has_the_numbers_and_names_that_clients_need(
        self, client_of: Callable[..., TritonClient]
    ) -> None:
        said = PARAMETERS | {"labels": '["cat", "dog"]'}

        identity = client_of(ModelConfig=configuration(said)).identity(DOUBLE)

        assert (identity.dimension, identity.same_person_cosine) == (192, 0.25)
        assert identity.labels() == ("cat", "dog")

    @pytest.mark.parametrize(
        "ask",
        [
            lambda identity: identity.dimension,
            lambda identity: identity.text("fit"),
            lambda identity: identity.labels(),
        ],
    )
    @pytest.mark.parametrize("said", [{}, {"dimension": "many", "labels": "["}])
    def test_is_corrupt_without_what_is_asked_for(
        self,
        ask: Callable[[ModelIdentity], Any],
        said: dict[str, str],
        client_of: Callable[..., TritonClient],
    ) -> None:
        least = {name: PARAMETERS[name] for name in ("space", "weights_sha256")}
        identity = client_of(ModelConfig=configuration(least | said)).identity(DOUBLE)

        with pytest.raises(InferenceCorrupt, match=r"^double: .* does not say its "):
            ask(identity)

    def test_translates_the_servers_errors(self, client_of: Callable[..., TritonClient]) -> None:
        client = client_of(ModelConfig=refusal("NOT_FOUND"))

        with pytest.raises(InferenceNotReady):
            client.identity(DOUBLE)
