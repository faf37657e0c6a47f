"""The outline of a model's file: the model whose large tensors stay in the file.

Protobuf copies all that it reads, and again each tensor that is asked for. In the outline a large
tensor's data are external: a part of the same file, read once where they are needed.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from pathlib import Path

LEAST_BYTES = 1 << 16
"""Bytes of a tensor from which on they stay in the file."""

_GRAPH = 7
_INITIALIZER = 5
_RAW_DATA = 9
_EXTERNAL_DATA = 13
_DATA_LOCATION = 14
"""Numbers of fields: of a model, of its graph, and of a tensor."""

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
"""How a field is stored."""

_MOST_SHIFT = 63


Rewrite = Callable[[int, int], list[bytes]]
"""Writes a range of the file anew."""


class _NotReadable(Exception):
    """The bytes are no fields, as far as this tells; protobuf says what is wrong."""


def outlined(path: Path) -> bytes | None:
    """The bytes of the file's model, in which the data of large tensors are parts of the file.

    None where the whole file is to be read: it is behind a link to another folder, in which
    external data are not looked for, or it is no file of fields.
    """
    target = path.resolve()
    if target.parent != path.parent.resolve():
        return None
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Outline(data, target.name.encode()).model()
    except (OSError, ValueError, _NotReadable):
        return None


class _Outline:
    def __init__(self, data: mmap.mmap, name: bytes):
        self._data = data
        self._name = name

    def model(self) -> bytes:
        return b"".join(self._rewritten(0, len(self._data), _GRAPH, self._graph))

    def _graph(self, start: int, end: int) -> list[bytes]:
        return self._rewritten(start, end, _INITIALIZER, self._tensor)

    def _rewritten(self, start: int, end: int, wanted: int, rewrite: Rewrite) -> list[bytes]:
        """The fields of a range, in which those of the number `wanted` are written anew."""
        parts: list[bytes] = []
        kept = start
        for number, kind, first, content, last in self._fields(start, end):
            if number == wanted and kind == _BYTES:
                parts += [self._data[kept:first], _field(number, b"".join(rewrite(content, last)))]
                kept = last
        return [*parts, self._data[kept:end]]

    def _tensor(self, start: int, end: int) -> list[bytes]:
        """A tensor, with large data as a part of the file; as it is where there is more to it."""
        fields = list(self._fields(start, end))
        numbers = [number for number, *_ in fields]
        large = [
            (first, content, last)
            for number, kind, first, content, last in fields
            if number == _RAW_DATA and kind == _BYTES and last - content >= LEAST_BYTES
        ]
        is_external = _EXTERNAL_DATA in numbers or _DATA_LOCATION in numbers
        if not large or is_external or numbers.count(_RAW_DATA) > 1:
            return [self._data[start:end]]
        first, content, last = large[0]
        entries = {"location": self._name, "offset": b"%d" % content}
        entries["length"] = b"%d" % (last - content)
        external = [
            _field(_EXTERNAL_DATA, _field(1, key.encode()) + _field(2, value))
            for key, value in entries.items()
        ]
        location = _varint(_DATA_LOCATION << 3 | _VARINT) + _varint(1)
        return [self._data[start:first], self._data[last:end], *external, location]

    def _fields(self, start: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
        """The number and the kind of each field, where it begins, where its content does, its end.

        Raises _NotReadable where the range is not made of fields.
        """
        place = start
        while place < end:
            tag, content = self._number(place, end)
            kind = tag & 7
            if kind == _VARINT:
                _, last = self._number(content, end)
            elif kind == _BYTES:
                size, content = self._number(content, end)
                last = content + size
            elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
                last = content + (8 if kind == _EIGHT_BYTES else 4)
            else:
                raise _NotReadable
            if last > end:
                raise _NotReadable
            yield tag >> 3, kind, place, content, last
            place = last

    def _number(self, place: int, end: int) -> tuple[int, int]:
        """The number of any length at a place, and where it ends."""
        number = 0
        for shift in range(0, _MOST_SHIFT + 1, 7):
            if place >= end:
                break
            byte = self._data[place]
            place += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number, place
        raise _NotReadable


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
