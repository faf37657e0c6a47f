"""The LLVM text of the functions that compute and move data.

There is one loop nest for GEMM, for resets and for each ALU form. All of them have one
signature: the memories, the micro-ops, the first of them and their number, the loop counts,
the factors and the immediate. Inputs and weights have 16 bits, and weights come in pairs of
input channels, `[pair][block_out][2]`, so that a pair of products is one multiply-add of
16-bit lanes straight from memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body
from autosched.codegen.llvm.text.module import declaration, definition
from autosched.codegen.native import native
from autosched.vta.isa.instructions import AluOp

_COLUMNS = ("dst", "src", "weight")
_FACTORS = [f"{each}_{loop}" for each in ("iter", *_COLUMNS) for loop in ("out", "in")]
_ARGUMENTS = [
    *(f"ptr noalias %{memory}" for memory in ("acc", "inp", "wgt", "uops")),
    *(f"i64 %{word}" for word in ("begin", "count", *_FACTORS, "imm")),
]
_LANES = 16
_WIDE = ' "prefer-vector-width"="512"'
_MEMSET = "llvm.memset.p0.i64"


def module_text(batch: int, block: int) -> str:
    """Return the module for elements of `batch` rows and `block` channels in and out.

    `alu` takes the number of its form (`alu_number`) before the other arguments.
    """
    size = batch * block
    forms = [(op, use_imm) for op in AluOp for use_imm in (False, True)]
    functions = [
        _nest("gemm", partial(_gemm, batch, block)),
        _nest("reset", partial(_reset, size)),
        *(_nest(_alu_name(*form), partial(_alu, *form, size)) for form in forms),
        _dispatch(forms),
        _copy("widen", size, llvm.array("i16", size), partial(_widen, size)),
        _copy("load_sums", 4 * size, llvm.array("i32", size), partial(_load_sums, size)),
        _copy("narrow", size, llvm.array("i32", size), partial(_narrow, size)),
        _copy("pair", block * block, llvm.array("i16", block * block), partial(_pair, block)),
        _clear("clear_inputs", 2 * size),
        _clear("clear_weights", 2 * block * block),
        _clear("clear_sums", 4 * size),
        declaration("void", _MEMSET, ["ptr", "i8", "i64", "i1"]),
    ]
    return "\n".join(functions)


@native
def alu_number(op: int, use_imm: int) -> int:
    """Return the number of an ALU form."""
    return 2 * op + use_imm


def _alu_name(op: AluOp, use_imm: bool) -> str:
    return f"alu_{op.name.lower()}_{'imm' if use_imm else 'acc'}"


class _Code(Body):
    """A body that loads and stores elements of arrays."""

    def word(self, operation: str, a: str, b: str | int) -> str:
        """Return an operation on two integers of 64 bits."""
        return self.let(llvm.binary(operation, "i64", a, b))

    def at(self, kind: str, base: str, index: str | int) -> str:
        """Return the address of an element."""
        return self.let(llvm.element(kind, base, index))

    def load(self, kind: str, at: str, align: int) -> str:
        return self.let(llvm.load(kind, at, align))

    def store(self, kind: str, value: str, at: str, align: int) -> None:
        self.do(llvm.store(kind, value, at, align))

    def binary(self, operation: str, kind: str, a: str, b: str) -> str:
        return self.let(llvm.binary(operation, kind, a, b))

    def convert(self, operation: str, kind: str, value: str, target: str) -> str:
        return self.let(llvm.convert(operation, kind, value, target))


def _nest(name: str, operation: Callable[[_Code, str, str, str], None]) -> str:
    """Return the loop nest around `operation`, which is given the elements dst, src and weight.

    No loop count may be zero.
    """
    code = _Code()
    code.open("entry")
    with code.repeated("%iter_out") as o:
        outer = [code.word("mul", o, f"%{column}_out") for column in _COLUMNS]
        with code.repeated("%iter_in") as i:
            inner = [code.word("mul", i, f"%{column}_in") for column in _COLUMNS]
            bases = [code.word("add", a, b) for a, b in zip(outer, inner, strict=True)]
            with code.repeated("%count") as u:
                uop = code.at(llvm.array("i32", 3), "%uops", code.word("add", "%begin", u))
                elements = []
                for place, base in enumerate(bases):
                    own = code.load("i32", code.at("i32", uop, place), 4)
                    elements.append(code.word("add", base, code.convert("zext", "i32", own, "i64")))
                operation(code, *elements)
    return _function(name, _ARGUMENTS, code, _WIDE)


def _function(name: str, arguments: list[str], code: _Code, attributes: str = "") -> str:
    code.ret()
    return definition("void", name, arguments, code.lines, attributes=attributes)


def _dispatch(forms: list[tuple[AluOp, bool]]) -> str:
    """`alu`: the function of a form by its number."""
    code, done = _Code(), "done"
    code.open("entry")
    code.switch("%form", {alu_number.python(*form): _alu_name(*form) for form in forms}, done)
    for form in forms:
        code.open(_alu_name(*form))
        code.do(llvm.call("void", _alu_name(*form), _ARGUMENTS))
        code.jump(done)
    code.open(done)
    return _function("alu", ["i64 %form", *_ARGUMENTS], code)


def _reset(size: int, code: _Code, dst: str, src: str, weight: str) -> None:
    at = code.at(llvm.array("i32", size), "%acc", dst)
    code.store(llvm.vector("i32", size), "zeroinitializer", at, 4)


def _alu(op: AluOp, use_imm: bool, size: int, code: _Code, dst: str, src: str, weight: str) -> None:
    elements, kind = llvm.array("i32", size), llvm.vector("i32", size)
    at = code.at(elements, "%acc", dst)
    x = code.load(kind, at, 4)
    if use_imm:
        lane = code.let(llvm.insert_first(kind, "i32", code.convert("trunc", "i64", "%imm", "i32")))
        y = code.let(llvm.repeat_first(kind, lane, size))
    else:
        y = code.load(kind, code.at(elements, "%acc", src), 4)
    code.store(kind, _operation(op, size, code, x, y), at, 4)


def _operation(op: AluOp, size: int, code: _Code, x: str, y: str) -> str:
    kind, bools = llvm.vector("i32", size), llvm.vector("i1", size)
    if op in (AluOp.ADD, AluOp.MUL):
        return code.binary(op.name.lower(), kind, x, y)
    if op is AluOp.SHR:
        opposite = code.binary("sub", kind, "zeroinitializer", y)
        right_by, left_by = (code.binary("and", kind, by, "splat (i32 31)") for by in (y, opposite))
        right, left = code.binary("ashr", kind, x, right_by), code.binary("shl", kind, x, left_by)
        is_left = code.binary("icmp slt", kind, y, "zeroinitializer")
        return code.let(llvm.select(bools, is_left, kind, left, right))
    is_x = code.binary("icmp slt" if op is AluOp.MIN else "icmp sgt", kind, x, y)
    return code.let(llvm.select(bools, is_x, kind, x, y))


def _gemm(batch: int, block: int, code: _Code, dst: str, src: str, weight: str) -> None:
    inputs = code.at(llvm.array("i16", batch * block), "%inp", src)
    weights = code.at(llvm.array("i16", block * block), "%wgt", weight)
    sums = code.at(llvm.array("i32", batch * block), "%acc", dst)
    lanes = min(block, _LANES)
    for row in range(0, batch * block, block):
        for start in range(0, block, lanes):
            at = code.at("i32", sums, row + start)
            old = code.load(llvm.vector("i32", lanes), at, 4)
            new = "zeroinitializer"
            for pair in range(block // 2):
                x = code.at("i16", inputs, row + 2 * pair)
                w = code.at("i16", weights, 2 * (pair * block + start))
                new = _multiply_add(code, lanes, x, w, new)
            # The old sums come last, so that a micro-op waits little for the one before it.
            new = code.binary("add", llvm.vector("i32", lanes), old, new)
            code.store(llvm.vector("i32", lanes), new, at, 4)


def _multiply_add(code: _Code, lanes: int, x: str, w: str, before: str) -> str:
    """Return the sums `before` plus the products of a pair of inputs at `x` and weights at `w`."""
    sums, halves = llvm.vector("i32", lanes), llvm.vector("i16", 2 * lanes)
    products = llvm.vector("i32", 2 * lanes)
    lane = code.let(llvm.insert_first(sums, "i32", code.load("i32", x, 2)))
    both = code.convert("bitcast", sums, code.let(llvm.repeat_first(sums, lane, lanes)), halves)
    a, b = (
        code.convert("sext", halves, value, products) for value in (both, code.load(halves, w, 2))
    )
    product = code.binary("mul nsw", products, a, b)
    even, odd = (
        code.let(llvm.shuffle(products, product, "poison", range(first, 2 * lanes, 2)))
        for first in (0, 1)
    )
    return code.binary("add", sums, before, code.binary("add nsw", sums, even, odd))


def _copy(name: str, size: int, kind: str, copy: Callable[[_Code, str, str], None]) -> str:
    """Return a function that moves `count` elements between byte `at` of DRAM and a memory.

    An element has `size` bytes in DRAM and is a `kind` in the memory; `copy` is given its
    address in DRAM and its address in the memory.
    """
    code, some, done = _Code(), "some", "done"
    code.open("entry")
    source = code.at("i8", "%dram", "%at")
    into = code.at(kind, "%memory", "%element")
    code.branch(code.word("icmp ne", "%count", 0), some, done)
    code.open(some)
    with code.repeated("%count") as i:
        copy(code, code.at(llvm.array("i8", size), source, i), code.at(kind, into, i))
    code.jump(done)
    code.open(done)
    words = ["i64 %element", "i64 %count"]
    return _function(
        name, ["ptr noalias %dram", "i64 %at", "ptr noalias %memory", *words], code, _WIDE
    )


def _widen(size: int, code: _Code, outside: str, inside: str) -> None:
    _store_wide(size, code, code.load(llvm.vector("i8", size), outside, 1), inside)


def _store_wide(size: int, code: _Code, values: str, inside: str) -> None:
    narrow, wide = llvm.vector("i8", size), llvm.vector("i16", size)
    code.store(wide, code.convert("sext", narrow, values, wide), inside, 2)


def _load_sums(size: int, code: _Code, outside: str, inside: str) -> None:
    sums = llvm.vector("i32", size)
    code.store(sums, code.load(sums, outside, 1), inside, 4)


def _narrow(size: int, code: _Code, outside: str, inside: str) -> None:
    """Keep the low bytes of sums."""
    sums, narrow = llvm.vector("i32", size), llvm.vector("i8", size)
    code.store(narrow, code.convert("trunc", sums, code.load(sums, inside, 4), narrow), outside, 1)


def _clear(name: str, size: int) -> str:
    """Return a function that puts zeros in `count` elements of `size` bytes."""
    code = _Code()
    first = code.at(llvm.array("i8", size), "%memory", "%element")
    count = code.word("mul", "%count", size)
    code.do(llvm.call("void", _MEMSET, [f"ptr {first}", "i8 0", f"i64 {count}", "i1 false"]))
    return _function(name, ["ptr %memory", "i64 %element", "i64 %count"], code)


def _pair(block: int, code: _Code, outside: str, inside: str) -> None:
    """Store a weight as `[pair][block_out][2]`; blocks of 16 by 16 are transposed at a time."""
    rows, pairs = min(block, _LANES), min(block, _LANES) // 2
    for out in range(0, block, rows):
        for first in range(0, block // 2, pairs):
            parts = [
                code.load(llvm.vector_of("i16", pairs), code.at("i8", outside, at), 1)
                for at in range(out * block + 2 * first, (out + rows) * block, block)
            ]
            for pair, line in enumerate(_transposed(code, parts, pairs)):
                at = code.at("i16", inside, 2 * ((first + pair) * block + out))
                _store_wide(2 * rows, code, line, at)


def _transposed(code: _Code, parts: list[str], pairs: int) -> Iterator[str]:
    """Yield the columns of rows of `pairs` pairs of bytes, each as a vector of bytes."""
    rows, width = len(parts), pairs
    while len(parts) > 1:
        kind, both = llvm.vector_of("i16", width), range(2 * width)
        halves = zip(parts[::2], parts[1::2], strict=True)
        parts = [code.let(llvm.shuffle(kind, a, b, both)) for a, b in halves]
        width *= 2
    for pair in range(pairs):
        lanes = range(pair, width, pairs)
        line = code.let(llvm.shuffle(llvm.vector("i16", width), parts[0], "poison", lanes))
        yield code.convert("bitcast", llvm.vector("i16", rows), line, llvm.vector("i8", 2 * rows))
