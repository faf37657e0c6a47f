"""LLVM instructions as text.

`kind` is the LLVM name of a type and `value` an operand without its type; a name of the form
`typed` has both, such as `i64 %n`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def binary(operation: str, kind: str, a: str | int, b: str | int) -> str:
    """Return an operation on two values of a type, such as `fadd` or `icmp slt`."""
    return f"{operation} {kind} {a}, {b}"


def unary(operation: str, kind: str, value: str) -> str:
    return f"{operation} {kind} {value}"


def convert(operation: str, kind: str, value: str, target: str) -> str:
    """Return a conversion to the type `target`, such as `bitcast` or `zext`."""
    return f"{operation} {kind} {value} to {target}"


def select(bools: str, condition: str, kind: str, then: str, otherwise: str) -> str:
    """Return the choice of a value by a condition, or lane by lane by a vector of conditions."""
    return f"select {bools} {condition}, {kind} {then}, {kind} {otherwise}"


def phi(kind: str, incoming: Iterable[tuple[str | int, str]]) -> str:
    """Return the choice of a value by the block that control came from."""
    pairs = ", ".join(f"[ {value}, %{block} ]" for value, block in incoming)
    return f"phi {kind} {pairs}"


def element(kind: str, base: str, index: int | str, bounds: str = "") -> str:
    """Return the address of an element; `bounds` is `inbounds ` if it is surely in its object."""
    return f"getelementptr {bounds}{kind}, ptr {base}, i64 {index}"


def opaque(pointer: str) -> str:
    """Return an address of which nothing is known but its value; it is no instruction."""
    return f'call ptr asm sideeffect "", "=r,0"(ptr {pointer})'


def hidden(pointer: str) -> str:
    """Return an address whose steps from one iteration to the next LLVM does not look for."""
    return f'call ptr asm "", "=r,0"(ptr {pointer})'


def elements(kind: str, base: str, typed: str) -> str:
    """Return the addresses of elements by a vector of indices."""
    return f"getelementptr {kind}, ptr {base}, {typed}"


def load(kind: str, at: str, align: int = 0) -> str:
    """Return a load; without `align` it has the natural alignment of the type."""
    return f"load {kind}, ptr {at}, align {align}" if align else f"load {kind}, ptr {at}"


def store(kind: str, value: str, at: str, align: int = 0) -> str:
    """Return a store, aligned as a `load` is."""
    text = f"store {kind} {value}, ptr {at}"
    return f"{text}, align {align}" if align else text


def alloca(kind: str, count: int, align: int) -> str:
    """Return an allocation of an array on the stack."""
    return f"alloca {array(kind, count)}, align {align}"


def assigned(name: str, instruction: str) -> str:
    """Return the line of an instruction whose result has a name."""
    return f"  {name} = {instruction}"


def quoted(name: str) -> str:
    """Return a symbol of any name."""
    return f'"{name}"'


def call(result: str, symbol: str, typed: Iterable[str], flags: str = "") -> str:
    """Return a call; `flags` start with a blank."""
    return f"call{flags} {result} @{symbol}({', '.join(typed)})"


def call_at(result: str, address: str, typed: Iterable[str]) -> str:
    """Return a call of the function at an address."""
    return f"call {result} {address}({', '.join(typed)})"


def shuffle(kind: str, a: str, b: str, lanes: Sequence[int | None]) -> str:
    """Return the vector of the given lanes of `a` followed by `b`; None leaves a lane undefined."""
    return f"shufflevector {kind} {a}, {kind} {b}, {vector('i32', len(lanes))} {picked(lanes)}"


def returned(kind: str, value: str) -> str:
    """Return the line that ends a function with its result."""
    return f"  ret {kind} {value}"


def extract(kind: str, value: str, lane: int) -> str:
    """Return a lane of a vector."""
    return f"extractelement {kind} {value}, i64 {lane}"


def insert(kind: str, vector: str, element: str, value: str, lane: int) -> str:
    """Return `vector` with `value` in a lane."""
    return f"insertelement {kind} {vector}, {element} {value}, i64 {lane}"


def insert_first(kind: str, element: str, value: str) -> str:
    """Return a vector with `value` in its first lane, the others undefined."""
    return insert(kind, "poison", element, value, 0)


def repeat_first(kind: str, value: str, lanes: int) -> str:
    """Return a vector with the first lane of `value` in every lane."""
    return f"shufflevector {kind} {value}, {kind} poison, <{lanes} x i32> zeroinitializer"


def picked(lanes: Sequence[int | None]) -> str:
    """Return the numbers of lanes as a constant vector."""
    return "<" + ", ".join(f"i32 {'poison' if n is None else n}" for n in lanes) + ">"


def array(element: str, count: int) -> str:
    """Return the type of an array of `count` elements."""
    return f"[{count} x {element}]"


def vector(element: str, lanes: int) -> str:
    """Return the type of a vector of `lanes` elements, or of a scalar for one."""
    return element if lanes == 1 else vector_of(element, lanes)


def vector_of(element: str, lanes: int) -> str:
    """Return the type of a vector, also of one element."""
    return f"<{lanes} x {element}>"


def first_bits(count: int, lanes: int) -> str:
    """Return the mask of `lanes` lanes of which the first `count` are set."""
    return "<" + ", ".join(f"i1 {'true' if n < count else 'false'}" for n in range(lanes)) + ">"
