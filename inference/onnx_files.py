"""Whether a file is an ONNX model that is whole, stands alone, and needs no program of its own.

Looked at before any runtime is. Nearly all of such a file are its weights: the package `onnx` reads
them to memory, twice, in every process that asks, and is not among what the service needs. Here
only what lies around them is read, of the mapped file.

Source: onnx.proto of ONNX 1.19, and the wire format of Protocol Buffers.
"""

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

MOST_BYTES = 2**31 - 1  # of a message of Protocol Buffers
MOST_FIELDS = 5_000_000  # of a file; the largest models have some hundred thousand
MOST_NESTED = 100  # messages in each other, as Protocol Buffers' own readers take
DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})  # what onnxruntime has itself
# Of these domains, those that have Python run, or what was compiled for some device and lies in
# another file.
PROGRAMS_OF_THEIRS = frozenset({"EPContext", "PythonOp", "PythonOpGrad"})
PROGRAMS = {  # what files begin with that may run code
    b"PK\x03\x04": "a zip archive, as those of PyTorch are: pickles lie in it",
    **{bytes([0x80, version]): "a pickle" for version in range(2, 6)},
    b"\x7fELF": "a program",
}
_LONGEST = max(map(len, PROGRAMS))
_CUT = "it is cut off, or says of itself that it is longer than it is"

Span = tuple[int, int]  # from, to: bytes of the file


class FileRefused(Exception):
    """The file is not read, nor is anything asked to read it; the message says why."""


# Message -> number of a field -> the message in it. Others hold nothing that is looked for.
_INSIDE: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_GRAPH_OF_MODEL = 7
_DOMAIN_OF_FUNCTION, _DOMAIN_OF_NODE, _OPERATOR_OF_NODE = 10, 7, 4
_DIMS, _TYPE, _NAME, _RAW, _OUTSIDE, _WHERE = 1, 2, 8, 9, 13, 14  # of a tensor
_STRINGS = 8  # the type of tensors that hold texts
_BITS = {  # of a number of each type
    **dict.fromkeys((2, 3, 9, 17, 18, 19, 20, 24), 8),
    **dict.fromkeys((4, 5, 10, 16), 16),
    **dict.fromkeys((1, 6, 12), 32),
    **dict.fromkeys((7, 11, 13, 14), 64),
    15: 128,
    **dict.fromkeys((21, 22, 23), 4),
    **dict.fromkeys((25, 26), 2),
    **dict.fromkeys((27, 28), 6),
}
_MOST_IN_A_BYTE = 8  # numbers, where they do not lie as they are


def check(path: Path) -> None:
    """
    Raises:
        FileRefused: it is no ONNX model, is cut off, has weights outside of itself or a tensor
            that says it is larger than it is, or takes operators that onnxruntime does not have.
        OSError: it can't be read.
    """
    check_no_program(path)
    size = path.stat().st_size
    if not 0 < size <= MOST_BYTES:
        raise FileRefused(f"it has {size} bytes, and an ONNX file has 1 to {MOST_BYTES}")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        _check(_Reader(data), size)


def check_no_program(path: Path) -> None:
    """
    Raises:
        FileRefused: whatever its name says, it begins as what may run code.
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        first = file.read(_LONGEST)
    for beginning, what in PROGRAMS.items():
        if first.startswith(beginning):
            raise FileRefused(f"it is {what}")


@dataclass
class _Reader:
    """Protocol Buffers as they lie in a file."""

    data: mmap.mmap
    left: int = field(default=MOST_FIELDS)

    def messages(self, size: int) -> Iterator[tuple[str, Span]]:
        """All messages of `_INSIDE`, and tensors, wherever they are."""
        left = [("model", (0, size), 0)]
        while left:
            name, span, depth = left.pop()
            if depth > MOST_NESTED:
                raise FileRefused("it is nested too deeply")
            yield name, span
            inside = _INSIDE.get(name, {})
            for number, value in self.fields(span) if inside else ():
                if number in inside and isinstance(value, tuple):
                    left.append((inside[number], value, depth + 1))

    def fields(self, span: Span) -> Iterator[tuple[int, int | Span]]:
        """The number of each field, and its value: where it lies, if it has a length."""
        at, end = span
        while at < end:
            self.left -= 1
            tag, at = self.number(at, end)
            match tag & 7:
                case 0:
                    value, at = self.number(at, end)
                    yield tag >> 3, value
                    continue
                case 1 | 5 as kind:
                    size = 8 if kind == 1 else 4
                case 2:
                    size, at = self.number(at, end)
                case _:
                    raise FileRefused("it is no ONNX file")
            if at + size > end or self.left < 0:
                raise FileRefused(_CUT if self.left >= 0 else "it has too many parts")
            yield tag >> 3, (at, at + size)
            at += size

    def number(self, at: int, end: int) -> tuple[int, int]:
        """The one at `at`, and where it ends."""
        value = 0
        for place in range(10):
            if at + place >= end:
                raise FileRefused(_CUT)
            byte = self.data[at + place]
            value |= (byte & 0x7F) << (7 * place)
            if not byte & 0x80:
                return value, at + place + 1
        raise FileRefused("it is no ONNX file")

    def numbers(self, value: int | Span) -> Iterator[int]:
        """Of a repeated field: one, or several that lie together."""
        if isinstance(value, int):
            yield value
            return
        at, end = value
        while at < end:
            number, at = self.number(at, end)
            yield number

    def text(self, value: int | Span, most: int = 100) -> str:
        """For people: at most so many letters."""
        if isinstance(value, int):
            return str(value)
        at, end = value
        return self.data[at : min(end, at + most)].decode("utf-8", "replace")


def _check(reader: _Reader, size: int) -> None:
    if not any(number == _GRAPH_OF_MODEL for number, _ in reader.fields((0, size))):
        raise FileRefused("it is no ONNX file")
    own, taken = set[str](), dict[str, str]()  # domains; of each that is taken, an operator
    for name, span in reader.messages(size):
        match name:
            case "tensor":
                _check_tensor(reader, span)
            case "function":
                own |= {reader.text(v) for n, v in reader.fields(span) if n == _DOMAIN_OF_FUNCTION}
            case "node":
                values = dict(reader.fields(span))
                domain = reader.text(values.get(_DOMAIN_OF_NODE, (0, 0)))
                operator = reader.text(values.get(_OPERATOR_OF_NODE, (0, 0)))
                taken.setdefault(domain, operator)
                if operator in PROGRAMS_OF_THEIRS:
                    raise FileRefused(f"it takes the operator {operator}, which runs a program")
    for domain in sorted(taken.keys() - DOMAINS - own):
        raise FileRefused(
            f"it takes the operator {taken[domain]} of {domain}, which is none of onnxruntime's: "
            "it would need a library of its own"
        )


def _check_tensor(reader: _Reader, span: Span) -> None:
    dims, values = list[int](), dict[int, int | Span]()
    for number, value in reader.fields(span):
        if number == _DIMS:
            dims += reader.numbers(value)
        values[number] = value
    name = reader.text(values.get(_NAME, (0, 0)))
    if values.get(_WHERE) or _OUTSIDE in values:
        raise FileRefused(f"it has the weights {name!r} outside of itself")
    kind, raw = values.get(_TYPE, 0), values.get(_RAW)
    if not isinstance(kind, int) or (kind not in _BITS and kind != _STRINGS):
        raise FileRefused(f"the weights {name!r} are of no known type")
    count, there = prod(dims), span[1] - span[0]
    if isinstance(raw, tuple) and kind in _BITS:
        wanted, there = -(-count * _BITS[kind] // 8), raw[1] - raw[0]
        fits = wanted == there
    else:
        wanted, fits = count, count <= there * _MOST_IN_A_BYTE
    if not fits:
        raise FileRefused(f"the weights {name!r} say that they are {wanted} long, and are {there}")
