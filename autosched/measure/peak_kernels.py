"""The kernels that measure the peak of a core, as LLVM text."""

from __future__ import annotations

from collections.abc import Callable

from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body
from autosched.codegen.llvm.text.module import declaration, definition
from autosched.codegen.llvm.text.types import register_type
from autosched.ir.dtype import dtype
from autosched.target.dot_products import DotProduct
from autosched.target.target import Target

CHAINS_OF_REGISTERS = {16: 12, 32: 24}
"""Independent accumulators by number of vector registers: more than latency times issue width
of such cores, and few enough to stay in registers."""

READ_VECTORS = 16
"""Vectors read in one iteration: enough to hide the cost of the loop."""


def chains(target: Target) -> int:
    """Return the number of independent accumulators of the multiply-add kernel."""
    return CHAINS_OF_REGISTERS[target.vector_registers]


def multiply_add_text(target: Target, element: str, lanes: int) -> str:
    """`probe(data, n)`: n times x / 2 + 1/2 on each of `chains(target)` vectors x of the data.

    A processor that fuses no multiply-add does a multiplication and an addition.
    """
    kind = llvm.vector(element, lanes)
    name = f"llvm.fmuladd.v{lanes}f{32 if element == 'float' else 64}"
    half = f"{kind} splat ({element} 5.0e-01)"
    return _chained_text(
        target, kind, lambda value: llvm.call(kind, name, [f"{kind} {value}", half, half])
    )


def dot_product_text(target: Target, dot: DotProduct) -> str:
    """`probe(data, n)`: n times add a dot product of ones to each of `chains(target)` vectors."""
    symbol = dot.symbol(target, target.vector_bits)
    assert symbol is not None, "the target has the instruction"
    result = dtype(dot.result)
    lanes = target.vector_bits // result.bits
    kind = register_type(result.with_lanes(lanes))
    elements = [_one(dot.a), _one(dot.b)]
    kinds = [llvm.vector(name, dot.steps * lanes) for name, _ in elements]
    ones = [f"{k} splat ({name} {one})" for k, (name, one) in zip(kinds, elements, strict=True)]
    text = _chained_text(
        target, kind, lambda value: llvm.call(kind, symbol, [f"{kind} {value}", *ones])
    )
    return f"{text}{declaration(kind, symbol, [kind, *kinds])}\n"


def _one(element: str) -> tuple[str, str]:
    """Return the type of an instruction's element, and a one of it."""
    return ("bfloat", "0xR3F80") if element == "bfloat16" else (register_type(dtype(element)), "1")


def _chained_text(target: Target, kind: str, step: Callable[[str], str]) -> str:
    """`probe(data, n)`: n times `step` of each of `chains(target)` vectors of the data."""
    body = _body()
    data = [body.let(llvm.element(kind, "%data", c)) for c in range(chains(target))]
    places = [body.let(llvm.alloca(kind, 1, 64)) for _ in data]
    for at, place in zip(data, places, strict=True):
        body.do(llvm.store(kind, body.let(llvm.load(kind, at, 4)), place))
    with body.repeated("%n"):
        for place in places:
            value = body.let(llvm.load(kind, place))
            body.do(llvm.store(kind, body.let(step(value)), place))
    for at, place in zip(data, places, strict=True):
        body.do(llvm.store(kind, body.let(llvm.load(kind, place)), at, 4))
    return _function(target, ["ptr %data", "i64 %n"], body)


def read_text(target: Target) -> str:
    """`probe(data, blocks, n)`: n times read `blocks` blocks of READ_VECTORS vectors each."""
    kind = llvm.vector("i64", target.vector_lanes(8))
    body = _body()
    with body.repeated("%n"), body.repeated("%blocks") as block:
        first = body.let(llvm.binary("mul", "i64", block, READ_VECTORS))
        for v in range(READ_VECTORS):
            at = llvm.element(kind, "%data", body.let(llvm.binary("add", "i64", first, v)))
            body.let(llvm.load(f"volatile {kind}", body.let(at), 64))
    return _function(target, ["ptr %data", "i64 %blocks", "i64 %n"], body)


def _body() -> Body:
    body = Body()
    body.open("entry")
    return body


def _function(target: Target, parameters: list[str], body: Body) -> str:
    body.ret()
    attributes = f' nounwind "prefer-vector-width"="{target.vector_bits}"'
    text = definition("void", "probe", parameters, body.lines, attributes=attributes)
    return f'target triple = "{target.triple}"\n{text}\n'
