"""Where the time of a request or a photo goes, through to the model server: for traces.

Off unless begin() is called: OpenTelemetry is imported then, and not before.
What is told has names of ours and numbers; no owner, no address, no word of anybody.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_tracer: Any = None
_PARENT = "traceparent"  # the header of W3C Trace Context


def begin(url: str, *, service: str, share: float) -> None:
    """Have traces sent there, by OTLP over HTTP; `share` of them, 0 to 1. After any fork."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # seldom
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    use(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)), service=service, share=share)


def use(processor: Any, *, service: str, share: float) -> None:
    """Have `processor`, one of OpenTelemetry's, told of each span."""
    global _tracer  # noqa: PLW0603  # one a process
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # seldom
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio  # noqa: PLC0415

    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(share), resource=Resource({"service.name": service})
    )
    provider.add_span_processor(processor)
    _tracer = provider.get_tracer("kindred")


def end() -> None:
    """Trace no more."""
    global _tracer  # noqa: PLW0603
    _tracer = None


@contextmanager
def span(name: str, given: Mapping[str, str] | None = None, **facts: Any) -> Iterator[None]:
    """One step. It belongs to the step that is being done, or to the one that `given` names.

    given: headers of whoever asks. What it raises is noted by its class alone.
    """
    if _tracer is None:
        yield
        return
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415  # seldom

    with _tracer.start_as_current_span(
        name,
        _context(given),
        attributes=facts,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield
        except Exception as exc:
            current.set_status(Status(StatusCode.ERROR, type(exc).__name__))
            raise


def headers() -> dict[str, str]:
    """By which a server that is asked now can tell whose step it does."""
    found: dict[str, str] = {}
    if _tracer is not None:
        _propagator().inject(found)
    return found


def _context(given: Mapping[str, str] | None) -> Any:
    if given is None or _PARENT not in given:
        return None
    return _propagator().extract({_PARENT: given[_PARENT]})


def _propagator() -> Any:
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415  # seldom
        TraceContextTextMapPropagator,
    )

    return TraceContextTextMapPropagator()
