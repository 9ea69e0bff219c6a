"""Traces, kept in memory: steps within steps, and who is told of them."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY

from inference import tracing
from inference.client import TritonClient
from inference.errors import InferenceTimeout
from tests.inference.doubling import DOUBLE, DOUBLED, GIVEN
from tests.inference.server import Answer, outputs, refusal, serving

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def told() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.use(SimpleSpanProcessor(exporter), service="tests", share=1.0)
    yield exporter
    tracing.end()


def parents(told: InMemorySpanExporter) -> dict[str, str | None]:
    spans = told.get_finished_spans()
    names = {each.context.span_id: each.name for each in spans}
    return {
        each.name: names.get(each.parent.span_id, "somebody else") if each.parent else None
        for each in spans
    }


class TestTraces:
    def test_have_steps_within_steps(self, told: InMemorySpanExporter) -> None:
        with tracing.span("item"), tracing.span("faces"), tracing.span("infer", items=4):
            pass

        assert parents(told) == {"item": None, "faces": "item", "infer": "faces"}
        assert dict(told.get_finished_spans()[0].attributes or {}) == {"items": 4}

    def test_go_on_those_of_callers(self, told: InMemorySpanExporter) -> None:
        with tracing.span("GET", {"traceparent": PARENT}):
            pass

        [span] = told.get_finished_spans()
        assert f"{span.context.trace_id:032x}" == PARENT.split("-")[1]

    @pytest.mark.parametrize("given", ["", "nonsense", "00-0-0-01"])
    def test_begin_anew_after_nonsense(self, told: InMemorySpanExporter, given: str) -> None:
        with tracing.span("GET", {"traceparent": given}):
            pass

        assert parents(told) == {"GET": None}

    def test_tell_the_next_server_whose_step_it_does(self, told: InMemorySpanExporter) -> None:
        with tracing.span("infer"):
            sent = tracing.headers()

        [span] = told.get_finished_spans()
        trace, parent = f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"
        assert list(sent) == ["traceparent"]
        assert sent["traceparent"].startswith(f"00-{trace}-{parent}-")

    def test_say_that_it_failed_and_not_what_was_said(self, told: InMemorySpanExporter) -> None:
        with pytest.raises(InferenceTimeout), tracing.span("infer"):
            raise InferenceTimeout("of Zaphod")

        [span] = told.get_finished_spans()
        assert span.status.description == "InferenceTimeout"
        assert "Zaphod" not in span.to_json()

    def test_cost_nothing_where_nobody_wants_them(self) -> None:
        with tracing.span("item"):
            assert tracing.headers() == {}


class TestTriton:
    def test_is_told_whose_call_it_does(self, told: InMemorySpanExporter) -> None:
        sent: list[dict[str, str]] = []
        answer = outputs(doubled=DOUBLED)

        def noting(request: Any, context: Any) -> Any:
            sent.append(dict(context.invocation_metadata()))
            return answer(request, context)

        with (
            serving({"ModelInfer": noting}) as url,
            TritonClient(url, timeout_s=10) as client,
            tracing.span("faces"),
        ):
            client.infer(DOUBLE, given=GIVEN)

        assert parents(told) == {"faces": None, "infer double": "faces"}
        inner = told.get_finished_spans()[0]
        assert sent[0]["traceparent"].split("-")[2] == f"{inner.context.span_id:016x}"


class TestCounts:
    def test_are_of_calls_that_were_answered_and_of_those_that_were_not(self) -> None:
        def counts() -> list[float | None]:
            read = REGISTRY.get_sample_value
            called = {"model": "double"}
            failed = {"model": "double", "code": "inference_timeout"}
            return [
                read("kindred_inference_seconds_count", called),
                read("kindred_inference_batch_items_sum", called),
                read("kindred_inference_errors_total", failed),
            ]

        def call(answer: Answer) -> None:
            with serving({"ModelInfer": answer}) as url, TritonClient(url, timeout_s=10) as client:
                client.infer(DOUBLE, given=GIVEN)

        before = [each or 0 for each in counts()]
        call(outputs(doubled=DOUBLED))
        with pytest.raises(InferenceTimeout):
            call(refusal("DEADLINE_EXCEEDED"))

        assert counts() == [before[0] + 1, before[1] + len(GIVEN), before[2] + 1]
