"""The LLVM text of what computes and what moves data.

There is one loop nest for GEMM, for resets and for each ALU form. All of them have one
signature: the memories, the micro-ops, the first of them and their number, the loop counts,
the factors and the immediate. Inputs and weights have 16 bits, and weights come in pairs of
input channels, `[pair][block_out][2]`, so that a pair of products is one multiply-add of
16-bit lanes straight from memory.
"""

from __future__ import annotations

from autosched.codegen.native import native
from autosched.vta.isa import AluOp

ARGUMENTS = (
    ("ptr noalias", "acc"),
    ("ptr noalias", "inp"),
    ("ptr noalias", "wgt"),
    ("ptr noalias", "uops"),
    ("i64", "begin"),
    ("i64", "count"),
    ("i64", "iter_out"),
    ("i64", "iter_in"),
    ("i64", "dst_out"),
    ("i64", "dst_in"),
    ("i64", "src_out"),
    ("i64", "src_in"),
    ("i64", "weight_out"),
    ("i64", "weight_in"),
    ("i64", "imm"),
)

_LANES = 16
_COLUMNS = ("dst", "src", "weight")


def module_text(batch: int, block: int) -> str:
    """The module for elements of `batch` rows and `block` channels in and out.

    `alu` takes the number of its form (`alu_number`) before the other arguments.
    """
    functions = [
        _function("gemm", _gemm(batch, block)),
        _function("reset", _reset(batch * block)),
    ]
    forms = [(op, use_imm) for op in AluOp for use_imm in (False, True)]
    for op, use_imm in forms:
        functions.append(_function(alu_name(op, use_imm), _alu(op, use_imm, batch * block)))
    return "\n".join([*functions, _dispatch(forms), *_copies(batch, block)])


@native
def alu_number(op: int, use_imm: int) -> int:
    """The number of an ALU form."""
    return 2 * op + use_imm


def alu_name(op: AluOp, use_imm: bool) -> str:
    """The function of an ALU operation."""
    return f"alu_{op.name.lower()}_{'imm' if use_imm else 'acc'}"


def _function(name: str, body: list[str]) -> str:
    """The loop nest around `body`, which has %dst, %src and %weight; no count is zero."""
    lines = [f'define void @{name}({_arguments()}) "prefer-vector-width"="512" {{']
    lines += ["entry:", "br label %outer"]
    lines += ["outer:", "%o = phi i64 [0, %entry], [%o_next, %inner_end]"]
    for column in _COLUMNS:
        lines.append(f"%{column}_o = mul i64 %o, %{column}_out")
    lines += ["br label %inner", "inner:", "%i = phi i64 [0, %outer], [%i_next, %uop_end]"]
    for column in _COLUMNS:
        lines.append(f"%{column}_i = mul i64 %i, %{column}_in")
        lines.append(f"%{column}_base = add i64 %{column}_o, %{column}_i")
    lines += ["br label %uop", "uop:", "%u = phi i64 [0, %inner], [%u_next, %uop]"]
    lines.append("%number = add i64 %begin, %u")
    for number, column in enumerate(_COLUMNS):
        lines += [
            f"%{column}_at = getelementptr [3 x i32], ptr %uops, i64 %number, i64 {number}",
            f"%{column}_word = load i32, ptr %{column}_at",
            f"%{column}_own = zext i32 %{column}_word to i64",
            f"%{column} = add i64 %{column}_base, %{column}_own",
        ]
    lines += body
    lines += _end("u", "count", "uop", "uop_end")
    lines += ["uop_end:", *_end("i", "iter_in", "inner", "inner_end")]
    lines += ["inner_end:", *_end("o", "iter_out", "outer", "done")]
    return "\n".join([*lines, "done:", "ret void", "}"])


def _arguments() -> str:
    return ", ".join(f"{kind} %{argument}" for kind, argument in ARGUMENTS)


def _dispatch(forms: list[tuple[AluOp, bool]]) -> str:
    """`alu`: the function of a form by its number."""
    lines = [f"define void @alu(i64 %form, {_arguments()}) {{", "switch i64 %form, label %done ["]
    numbers = {alu_number.python(*form): form for form in forms}
    lines += [f"i64 {number}, label %form{number}" for number in numbers]
    lines.append("]")
    for number, form in numbers.items():
        lines += [
            f"form{number}:",
            f"call void @{alu_name(*form)}({_arguments()})",
            "br label %done",
        ]
    return "\n".join([*lines, "done:", "ret void", "}"])


def _end(counter: str, count: str, again: str, after: str) -> list[str]:
    return [
        f"%{counter}_next = add i64 %{counter}, 1",
        f"%{counter}_more = icmp ult i64 %{counter}_next, %{count}",
        f"br i1 %{counter}_more, label %{again}, label %{after}",
    ]


def _reset(size: int) -> list[str]:
    return [
        f"%x_at = getelementptr [{size} x i32], ptr %acc, i64 %dst",
        f"store <{size} x i32> zeroinitializer, ptr %x_at, align 4",
    ]


def _alu(op: AluOp, use_imm: bool, size: int) -> list[str]:
    vector = f"<{size} x i32>"
    lines = [
        f"%x_at = getelementptr [{size} x i32], ptr %acc, i64 %dst",
        f"%x = load {vector}, ptr %x_at, align 4",
    ]
    if use_imm:
        lines += [
            "%imm_word = trunc i64 %imm to i32",
            f"%imm_lane = insertelement {vector} poison, i32 %imm_word, i64 0",
            f"%y = shufflevector {vector} %imm_lane, {vector} poison, <{size} x i32> "
            "zeroinitializer",
        ]
    else:
        lines += [
            f"%y_at = getelementptr [{size} x i32], ptr %acc, i64 %src",
            f"%y = load {vector}, ptr %y_at, align 4",
        ]
    return [*lines, *_operation(op, vector), f"store {vector} %z, ptr %x_at, align 4"]


def _operation(op: AluOp, vector: str) -> list[str]:
    """`%z` of `%x` and `%y`."""
    if op is AluOp.ADD:
        return [f"%z = add {vector} %x, %y"]
    if op is AluOp.MUL:
        return [f"%z = mul {vector} %x, %y"]
    if op is AluOp.SHR:
        return [
            f"%opposite = sub {vector} zeroinitializer, %y",
            f"%right_by = and {vector} %y, splat (i32 31)",
            f"%left_by = and {vector} %opposite, splat (i32 31)",
            f"%right = ashr {vector} %x, %right_by",
            f"%left = shl {vector} %x, %left_by",
            f"%is_left = icmp slt {vector} %y, zeroinitializer",
            f"%z = select <{vector[1:].split(' ')[0]} x i1> %is_left, {vector} %left, "
            f"{vector} %right",
        ]
    comparison = "slt" if op is AluOp.MIN else "sgt"
    return [
        f"%is_x = icmp {comparison} {vector} %x, %y",
        f"%z = select <{vector[1:].split(' ')[0]} x i1> %is_x, {vector} %x, {vector} %y",
    ]


def _gemm(batch: int, block: int) -> list[str]:
    lanes = min(block, _LANES)
    lines = [
        f"%x_at = getelementptr [{batch * block} x i16], ptr %inp, i64 %src",
        f"%w_at = getelementptr [{block * block} x i16], ptr %wgt, i64 %weight",
        f"%s_at = getelementptr [{batch * block} x i32], ptr %acc, i64 %dst",
    ]
    for row in range(batch):
        for start in range(0, block, lanes):
            lines += _sums(row, start, block, lanes)
    return lines


def _sums(row: int, start: int, block: int, lanes: int) -> list[str]:
    """`lanes` sums of a row, from channel `start` on: one multiply-add a pair of inputs."""
    name = f"r{row}c{start}"
    sums, halves, products = f"<{lanes} x i32>", f"<{2 * lanes} x i16>", f"<{2 * lanes} x i32>"
    lines = [
        f"%{name}_at = getelementptr i32, ptr %s_at, i64 {row * block + start}",
        f"%{name}_old = load {sums}, ptr %{name}_at, align 4",
    ]
    even = ", ".join(f"i32 {2 * lane}" for lane in range(lanes))
    odd = ", ".join(f"i32 {2 * lane + 1}" for lane in range(lanes))
    before = "zeroinitializer"
    for pair in range(block // 2):
        here = f"{name}_{pair}"
        lines += [
            f"%{here}_x_at = getelementptr i16, ptr %x_at, i64 {row * block + 2 * pair}",
            f"%{here}_both = load i32, ptr %{here}_x_at, align 2",
            f"%{here}_lane = insertelement {sums} poison, i32 %{here}_both, i64 0",
            f"%{here}_all = shufflevector {sums} %{here}_lane, {sums} poison, "
            f"<{lanes} x i32> zeroinitializer",
            f"%{here}_x = bitcast {sums} %{here}_all to {halves}",
            f"%{here}_w_at = getelementptr i16, ptr %w_at, i64 {2 * (pair * block + start)}",
            f"%{here}_w = load {halves}, ptr %{here}_w_at, align 2",
            f"%{here}_xs = sext {halves} %{here}_x to {products}",
            f"%{here}_ws = sext {halves} %{here}_w to {products}",
            f"%{here}_p = mul nsw {products} %{here}_xs, %{here}_ws",
            f"%{here}_even = shufflevector {products} %{here}_p, {products} poison, "
            f"{sums} <{even}>",
            f"%{here}_odd = shufflevector {products} %{here}_p, {products} poison, {sums} <{odd}>",
            f"%{here}_pair = add nsw {sums} %{here}_even, %{here}_odd",
            f"%{here} = add {sums} {before}, %{here}_pair",
        ]
        before = f"%{here}"
    # The old sums come last, so that a micro-op waits little for the one before it.
    lines.append(f"%{name}_new = add {sums} %{name}_old, {before}")
    return [*lines, f"store {sums} %{name}_new, ptr %{name}_at, align 4"]


def _copies(batch: int, block: int) -> list[str]:
    """Functions that move `count` elements between the byte `at` of DRAM and a memory's `element`,
    and those that put zeros there.

    Sums keep their low bytes on the way out; inputs and weights are widened on the way in.
    """
    size = batch * block
    narrow, wide, sums = f"<{size} x i8>", f"<{size} x i16>", f"<{size} x i32>"
    return [
        _copy("widen", size, f"[{size} x i16]", [
            f"%bytes = load {narrow}, ptr %outside, align 1",
            f"%values = sext {narrow} %bytes to {wide}",
            f"store {wide} %values, ptr %inside, align 2",
        ]),
        _copy("load_sums", 4 * size, f"[{size} x i32]", [
            f"%values = load {sums}, ptr %outside, align 1",
            f"store {sums} %values, ptr %inside, align 4",
        ]),
        _copy("narrow", size, f"[{size} x i32]", [
            f"%values = load {sums}, ptr %inside, align 4",
            f"%bytes = trunc {sums} %values to {narrow}",
            f"store {narrow} %bytes, ptr %outside, align 1",
        ]),
        _copy("pair", block * block, f"[{block * block} x i16]", _pair(block)),
        _clear("clear_inputs", 2 * size),
        _clear("clear_weights", 2 * block * block),
        _clear("clear_sums", 4 * size),
        "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)",
    ]  # fmt: skip


def _copy(name: str, size: int, kind: str, body: list[str]) -> str:
    """A loop over elements of `size` bytes in DRAM, those in the memory being a `kind`."""
    lines = [
        f"define void @{name}(ptr noalias %dram, i64 %at, ptr noalias %memory, i64 %element, "
        'i64 %count) "prefer-vector-width"="512" {',
        "entry:",
        "%from = getelementptr i8, ptr %dram, i64 %at",
        f"%into = getelementptr {kind}, ptr %memory, i64 %element",
        "%any = icmp ne i64 %count, 0",
        "br i1 %any, label %one, label %done",
        "one:",
        "%i = phi i64 [0, %entry], [%i_next, %one]",
        f"%outside = getelementptr [{size} x i8], ptr %from, i64 %i",
        f"%inside = getelementptr {kind}, ptr %into, i64 %i",
        *body,
        *_end("i", "count", "one", "done"),
    ]
    return "\n".join([*lines, "done:", "ret void", "}"])


def _clear(name: str, size: int) -> str:
    """Zeros in `count` elements of `size` bytes."""
    lines = [
        f"define void @{name}(ptr %memory, i64 %element, i64 %count) {{",
        f"%first = getelementptr [{size} x i8], ptr %memory, i64 %element",
        f"%bytes = mul i64 %count, {size}",
        "call void @llvm.memset.p0.i64(ptr %first, i8 0, i64 %bytes, i1 false)",
        "ret void",
        "}",
    ]
    return "\n".join(lines)


def _pair(block: int) -> list[str]:
    """A weight to `[pair][block_out][2]`; blocks of 16 by 16 are transposed at a time."""
    rows, pairs = min(block, _LANES), min(block, _LANES) // 2
    lines = []
    for out in range(0, block, rows):
        for first in range(0, block // 2, pairs):
            lines += _transposed(out, first, block, rows, pairs)
    return lines


def _transposed(out: int, first: int, block: int, rows: int, pairs: int) -> list[str]:
    """The pairs from `first` on of the output channels from `out` on."""
    name = f"o{out}p{first}"
    lines, parts = [], []
    for row in range(rows):
        part = f"%{name}_{row}"
        lines += [
            f"{part}_at = getelementptr i8, ptr %outside, i64 {(out + row) * block + 2 * first}",
            f"{part} = load <{pairs} x i16>, ptr {part}_at, align 1",
        ]
        parts.append(part)
    width = pairs
    while len(parts) > 1:
        order = ", ".join(f"i32 {lane}" for lane in range(2 * width))
        joined = []
        for a, b in zip(parts[::2], parts[1::2], strict=True):
            lines.append(
                f"{a}_{width} = shufflevector <{width} x i16> {a}, <{width} x i16> {b}, "
                f"<{2 * width} x i32> <{order}>"
            )
            joined.append(f"{a}_{width}")
        parts, width = joined, 2 * width
    for pair in range(pairs):
        lanes = ", ".join(f"i32 {row * pairs + pair}" for row in range(rows))
        line = f"%{name}_pair{pair}"
        lines += [
            f"{line} = shufflevector <{width} x i16> {parts[0]}, <{width} x i16> poison, "
            f"<{rows} x i32> <{lanes}>",
            f"{line}_bytes = bitcast <{rows} x i16> {line} to <{2 * rows} x i8>",
            f"{line}_wide = sext <{2 * rows} x i8> {line}_bytes to <{2 * rows} x i16>",
            f"{line}_at = getelementptr i16, ptr %inside, i64 {2 * ((first + pair) * block + out)}",
            f"store <{2 * rows} x i16> {line}_wide, ptr {line}_at, align 2",
        ]
    return lines
