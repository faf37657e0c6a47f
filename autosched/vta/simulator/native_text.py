"""The LLVM text of the loop nests, one function for GEMM, for resets and for each ALU form.

All of them have one signature: the memories, the micro-ops and their number, the loop
counts, the factors and the immediate. Weights come in pairs of input channels,
`[pair][block_out][2]`, so that a pair of products is one multiply-add of 16-bit lanes.
"""

from __future__ import annotations

from autosched.vta.isa import AluOp

ARGUMENTS = (
    ("ptr noalias", "acc"),
    ("ptr noalias", "inp"),
    ("ptr noalias", "wgt"),
    ("ptr noalias", "uops"),
    ("i64", "count"),
    ("i64", "iter_out"),
    ("i64", "iter_in"),
    ("i64", "dst_out"),
    ("i64", "dst_in"),
    ("i64", "src_out"),
    ("i64", "src_in"),
    ("i64", "weight_out"),
    ("i64", "weight_in"),
    ("i32", "imm"),
)

_LANES = 16
_COLUMNS = ("dst", "src", "weight")


def module_text(batch: int, block: int) -> str:
    """The module for elements of `batch` rows and `block` channels in and out."""
    functions = [
        _function("gemm", _gemm(batch, block)),
        _function("reset", _reset(batch * block)),
    ]
    for op in AluOp:
        for use_imm in (True, False):
            body = _alu(op, use_imm, batch * block)
            functions.append(_function(alu_name(op, use_imm), body))
    return "\n".join(functions)


def alu_name(op: AluOp, use_imm: bool) -> str:
    """The function of an ALU operation."""
    return f"alu_{op.name.lower()}_{'imm' if use_imm else 'acc'}"


def _function(name: str, body: list[str]) -> str:
    """The loop nest around `body`, which has %dst, %src and %weight; no count is zero."""
    arguments = ", ".join(f"{kind} %{argument}" for kind, argument in ARGUMENTS)
    lines = [f'define void @{name}({arguments}) "prefer-vector-width"="512" {{']
    lines += ["entry:", "br label %outer"]
    lines += ["outer:", "%o = phi i64 [0, %entry], [%o_next, %inner_end]"]
    for column in _COLUMNS:
        lines.append(f"%{column}_o = mul i64 %o, %{column}_out")
    lines += ["br label %inner", "inner:", "%i = phi i64 [0, %outer], [%i_next, %uop_end]"]
    for column in _COLUMNS:
        lines.append(f"%{column}_i = mul i64 %i, %{column}_in")
        lines.append(f"%{column}_base = add i64 %{column}_o, %{column}_i")
    lines += ["br label %uop", "uop:", "%u = phi i64 [0, %inner], [%u_next, %uop]"]
    for number, column in enumerate(_COLUMNS):
        lines += [
            f"%{column}_at = getelementptr [3 x i32], ptr %uops, i64 %u, i64 {number}",
            f"%{column}_word = load i32, ptr %{column}_at",
            f"%{column}_own = zext i32 %{column}_word to i64",
            f"%{column} = add i64 %{column}_base, %{column}_own",
        ]
    lines += body
    lines += _end("u", "count", "uop", "uop_end")
    lines += ["uop_end:", *_end("i", "iter_in", "inner", "inner_end")]
    lines += ["inner_end:", *_end("o", "iter_out", "outer", "done")]
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
            f"%imm_lane = insertelement {vector} poison, i32 %imm, i64 0",
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
        f"%x_at = getelementptr [{batch * block} x i8], ptr %inp, i64 %src",
        f"%w_at = getelementptr [{block * block} x i8], ptr %wgt, i64 %weight",
        f"%s_at = getelementptr [{batch * block} x i32], ptr %acc, i64 %dst",
    ]
    for row in range(batch):
        lines += [
            f"%x{row}_at = getelementptr i8, ptr %x_at, i64 {row * block}",
            f"%x{row} = load <{block} x i8>, ptr %x{row}_at, align 1",
        ]
    for start in range(0, block, lanes):
        for row in range(batch):
            lines += _sums(row, start, block, lanes)
    return lines


def _sums(row: int, start: int, block: int, lanes: int) -> list[str]:
    """`lanes` sums of a row, from channel `start` on: one multiply-add a pair of inputs."""
    name = f"r{row}c{start}"
    sums, products = f"<{lanes} x i32>", f"<{2 * lanes} x i32>"
    lines = [
        f"%{name}_at = getelementptr i32, ptr %s_at, i64 {row * block + start}",
        f"%{name}_old = load {sums}, ptr %{name}_at, align 4",
    ]
    even = ", ".join(f"i32 {2 * lane}" for lane in range(lanes))
    odd = ", ".join(f"i32 {2 * lane + 1}" for lane in range(lanes))
    before = "zeroinitializer"
    for pair in range(block // 2):
        here = f"{name}_{pair}"
        both = ", ".join(f"i32 {2 * pair}, i32 {2 * pair + 1}" for _ in range(lanes))
        lines += [
            f"%{here}_x = shufflevector <{block} x i8> %x{row}, <{block} x i8> poison, "
            f"<{2 * lanes} x i32> <{both}>",
            f"%{here}_w_at = getelementptr i8, ptr %w_at, i64 {2 * (pair * block + start)}",
            f"%{here}_w = load <{2 * lanes} x i8>, ptr %{here}_w_at, align 1",
            f"%{here}_xs = sext <{2 * lanes} x i8> %{here}_x to {products}",
            f"%{here}_ws = sext <{2 * lanes} x i8> %{here}_w to {products}",
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
