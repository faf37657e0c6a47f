"""LLVM instructions as text.

`kind` is the LLVM name of a type and `value` an operand without its type; a name of the form
`typed` has both, such as `i64 %n`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def binary(operation: str, kind: str, a: str | int, b: str | int) -> str:
    """An operation on two values of a type, such as `fadd` or `icmp slt`."""
    return f"{operation} {kind} {a}, {b}"


def unary(operation: str, kind: str, value: str) -> str:
    return f"{operation} {kind} {value}"


def convert(operation: str, kind: str, value: str, target: str) -> str:
    """A conversion to the type `target`, such as `bitcast` or `zext`."""
    return f"{operation} {kind} {value} to {target}"


def select(bools: str, condition: str, kind: str, then: str, otherwise: str) -> str:
    """One of two values by a condition, or lane by lane by a vector of them."""
    return f"select {bools} {condition}, {kind} {then}, {kind} {otherwise}"


def phi(kind: str, incoming: Iterable[tuple[str | int, str]]) -> str:
    """The value that belongs to the block that control came from."""
    pairs = ", ".join(f"[ {value}, %{block} ]" for value, block in incoming)
    return f"phi {kind} {pairs}"


def element(kind: str, base: str, index: int | str, bounds: str = "") -> str:
    """The address of an element; `bounds` is `inbounds ` where it surely lies in its object."""
    return f"getelementptr {bounds}{kind}, ptr {base}, i64 {index}"


def elements(kind: str, base: str, typed: str) -> str:
    """The addresses of elements by a vector of indices."""
    return f"getelementptr {kind}, ptr {base}, {typed}"


def load(kind: str, at: str, align: int = 0) -> str:
    """A load; without `align` the address has the alignment that the type has by itself."""
    return f"load {kind}, ptr {at}, align {align}" if align else f"load {kind}, ptr {at}"


def store(kind: str, value: str, at: str, align: int = 0) -> str:
    """A store, aligned as a `load` is."""
    text = f"store {kind} {value}, ptr {at}"
    return f"{text}, align {align}" if align else text


def alloca(kind: str, count: int, align: int) -> str:
    """Space on the stack for an array."""
    return f"alloca {array(kind, count)}, align {align}"


def assigned(name: str, instruction: str) -> str:
    """The line of an instruction whose result has a name."""
    return f"  {name} = {instruction}"


def quoted(name: str) -> str:
    """A symbol of any name."""
    return f'"{name}"'


def call(result: str, symbol: str, typed: Iterable[str], flags: str = "") -> str:
    """A call; `flags` stand after a blank."""
    return f"call{flags} {result} @{symbol}({', '.join(typed)})"


def call_at(result: str, address: str, typed: Iterable[str]) -> str:
    """A call of the function at an address."""
    return f"call {result} {address}({', '.join(typed)})"


def shuffle(kind: str, a: str, b: str, lanes: Sequence[int | None]) -> str:
    """The vector of the given lanes of `a` followed by `b`; None leaves a lane undefined."""
    return f"shufflevector {kind} {a}, {kind} {b}, {vector('i32', len(lanes))} {picked(lanes)}"


def insert_first(kind: str, element: str, value: str) -> str:
    """A vector with `value` in its first lane, the others undefined."""
    return f"insertelement {kind} poison, {element} {value}, i64 0"


def repeat_first(kind: str, value: str, lanes: int) -> str:
    """A vector with the first lane of `value` in every lane."""
    return f"shufflevector {kind} {value}, {kind} poison, <{lanes} x i32> zeroinitializer"


def picked(lanes: Sequence[int | None]) -> str:
    """The numbers of lanes as a constant vector."""
    return "<" + ", ".join(f"i32 {'poison' if n is None else n}" for n in lanes) + ">"


def array(element: str, count: int) -> str:
    """The type of so many elements in memory."""
    return f"[{count} x {element}]"


def vector(element: str, lanes: int) -> str:
    """The type of so many elements; one is no vector."""
    return element if lanes == 1 else vector_of(element, lanes)


def vector_of(element: str, lanes: int) -> str:
    """The type of a vector, also of one element."""
    return f"<{lanes} x {element}>"


def first_bits(count: int, lanes: int) -> str:
    """The mask of `lanes` lanes of which the first `count` are set."""
    return "<" + ", ".join(f"i1 {'true' if n < count else 'false'}" for n in range(lanes)) + ">"
