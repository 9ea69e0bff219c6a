"""ONNX files byte by byte: also those that no library writes."""

FLOAT, INT8, STRING = 1, 3, 8  # types of tensors


def number(value: int) -> bytes:
    """As Protocol Buffers write it."""
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def field(place: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return number(place << 3) + number(value)
    content = value.encode() if isinstance(value, str) else value
    return number(place << 3 | 2) + number(len(content)) + content


def tensor(dims: tuple[int, ...], raw: bytes, *more: bytes, kind: int = FLOAT) -> bytes:
    sizes = b"".join(field(1, each) for each in dims)
    return sizes + field(2, kind) + field(8, "w") + field(9, raw) + b"".join(more)


def node(operator: str, *more: bytes, domain: str = "") -> bytes:
    said = field(7, domain) if domain else b""
    return field(1, "x") + field(2, "y") + field(4, operator) + said + b"".join(more)


def model(*parts: bytes, functions: bytes = b"") -> bytes:
    """A model whose graph has `parts`: graph_node() and graph_tensor()."""
    return field(1, 8) + field(7, b"".join(parts)) + functions + field(8, field(2, 17))


def graph_node(content: bytes) -> bytes:
    return field(1, content)


def graph_tensor(content: bytes) -> bytes:
    return field(5, content)


def attribute(place: int, content: bytes) -> bytes:
    """Of a node: of a tensor at 5, of a graph at 6."""
    return field(5, field(1, "a") + field(place, content))


def entry(key: str, value: str) -> bytes:
    """Of external data."""
    return field(13, field(1, key) + field(2, value))
