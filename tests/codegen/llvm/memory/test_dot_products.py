"""Sums of products of neighbouring narrow numbers: one instruction where a target has it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.codegen.machine.module import object_file
from autosched.ir import build as b
from autosched.ir.dtype import dtype
from autosched.ir.expr import Buffer, Expr, Load, Var
from autosched.ir.pragma import Ahead, Prefetched
from autosched.ir.stmt import Function, Stmt, block
from autosched.target.target import Target
from tests.codegen.llvm.harness import (
    buffer,
    check,
    const,
    function,
    loop,
    read,
    samples,
    unrolled,
    write,
)

WITH = replace(
    Target.parse("cpu -cpu=icelake-server"),
    features="+avx512f,+avx512bw,+avx512dq,+avx512vl,+avx512vnni,+avx2,+fma",
    vector_bits=512,
)
WITHOUT = replace(WITH, features="+avx512f,+avx512bw,+avx512dq,+avx512vl,+avx2,+fma")
ARM = Target(
    *("cpu", "generic", "+neon,+dotprod,+i8mm", 128, 1),
    *(1 << 15, 1 << 20, 1 << 20, "aarch64-linux-gnu"),
)
AVX = replace(WITH, features="+avx2,+fma,+avxvnniint8", vector_bits=256)
INSTRUCTION = "vpdpbusd"
BFLOAT = replace(WITH, features=f"{WITH.features},+avx512bf16")


def wide(load: Load, lanes: int, result: str = "int32") -> Expr:
    return b.broadcast(b.cast(load, result), lanes)


def sums(
    lanes: int, steps: int = 4, a: str = "uint8", c: str = "int8", gap: int = 0, rows: int = 2,
    result: str = "int32",
) -> Function:  # fmt: skip
    """y[r, lane] += a[r, k] * c[lane, k], for two rows."""
    x = buffer("x", [rows, steps], a)
    w = buffer("w", [lanes, steps + gap], c)
    y = buffer("y", [rows, lanes], result)
    lane = b.ramp(const(0), 1, lanes)

    def step(k: Var):
        def row(r: int):
            factor = b.cast(read(w, lane, k), y.dtype.with_lanes(lanes))
            product = b.mul(wide(read(x, r, k), lanes, result), factor)
            return write(y, r, lane, b.add(read(y, r, lane), product))

        return block(*map(row, range(rows)))

    return function([x, w, y], unrolled("k", steps, step))


def text(nest: Function, target: Target = WITH) -> str:
    return emit(nest, target=target)


def computed_right(nest: Function) -> None:
    x, w, y = nest.params
    arrays = [
        samples(each.dtype.name, int(np.prod([int(n.value) for n in each.shape])))
        for each in (x, w, y)
    ]
    check(nest, arrays)


@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_four_bytes_are_one_instruction(lanes: int) -> None:
    nest = sums(lanes)
    assert text(nest).count(f"call <{lanes} x i32> @llvm.x86.avx512.{INSTRUCTION}") == 2
    computed_right(nest)


def turned_sums(kind: str, added: int) -> Function:
    """y[lane] += x[lane, k] * (z[lane, k] + added), whose last factor is converted to a byte."""
    lanes, steps = 8, 4
    between = dtype("uint8" if kind == "int8" else "int8")
    x, z = buffer("x", [lanes, steps], kind), buffer("z", [lanes, steps], kind)
    y = buffer("y", [lanes], "int32")
    lane = b.ramp(const(0), 1, lanes)
    wide = y.dtype.with_lanes(lanes)

    def step(k: Var):
        total = b.add(
            b.cast(read(z, lane, k), wide), b.broadcast(b.const(added, dtype("int32")), lanes)
        )
        byte = b.cast(total, between.with_lanes(lanes))
        product = b.mul(b.cast(read(x, lane, k), wide), b.cast(byte, wide))
        return write(y, lane, b.add(read(y, lane), product))

    return function([x, z, y], unrolled("k", steps, step))


@pytest.mark.parametrize(
    ("kind", "added", "count"),
    [("int8", 128, 1), ("uint8", -128, 1), ("int8", 127, 0), ("uint8", 128, 0)],
)
def test_bytes_with_an_offset_have_their_first_bit_turned(
    kind: str, added: int, count: int
) -> None:
    nest = turned_sums(kind, added)
    assert text(nest).count(f"call <8 x i32> @llvm.x86.avx512.{INSTRUCTION}") == count
    computed_right(nest)


SHORT = replace(AVX, features="+avx2,+fma,+avxvnni")


@pytest.mark.parametrize(("lanes", "wide"), [(2, 4), (3, 4), (7, 8), (9, 16), (15, 16)])
def test_other_vectors_are_the_first_lanes_of_longer_ones(lanes: int, wide: int) -> None:
    nest = sums(lanes)
    for target in (WITH, SHORT, ARM):
        code = text(nest, target)
        calls = re.findall(rf"call <{wide} x i32> @llvm\.(?:x86|aarch64)", code)
        assert len(calls) == (2 if 32 * wide <= target.vector_bits else 0)
        assert object_file(code, target)
    computed_right(nest)


def test_a_scalar_is_not_the_first_lane_of_a_vector() -> None:
    nest = sums(1)
    assert INSTRUCTION not in text(nest)
    computed_right(nest)


def test_the_instruction_is_one_that_llvm_knows() -> None:
    assert object_file(text(sums(16)), WITH)


@pytest.mark.parametrize(
    ("target", "a", "name"),
    [(ARM, "uint8", "usdot"), (ARM, "int8", "sdot"), (AVX, "int8", "vpdpbssd")],
)
def test_other_processors_have_instructions_of_their_own(target: Target, a: str, name: str) -> None:
    code = text(sums(target.vector_bits // 32, a=a), target)
    assert code.count(name) == 3  # two calls, and a declaration
    assert object_file(code, target)
    missing = replace(target, features="")
    assert name not in text(sums(target.vector_bits // 32, a=a), missing)


def test_the_unsigned_operand_may_be_either() -> None:
    nest = sums(16, a="int8", c="uint8")
    assert INSTRUCTION in text(nest)
    computed_right(nest)


@pytest.mark.parametrize(
    "nest",
    [
        sums(16, 3),
        sums(16, 8),
        sums(17),
        sums(16, a="int8"),
        sums(16, c="uint8"),
        sums(16, gap=1),
        sums(16, a="uint8", c="int16"),
    ],
    ids=["fewer", "more", "lanes", "signed", "unsigned", "gap", "wider"],
)
def test_other_sums_are_products_and_additions(nest: Function) -> None:
    assert INSTRUCTION not in text(nest)
    computed_right(nest)


@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_two_products_of_bfloat16_are_one_instruction(lanes: int) -> None:
    nest = sums(lanes, 2, "bfloat16", "bfloat16", result="float32")
    exact = replace(BFLOAT, tolerance=0.0)
    assert "dpbf16ps" not in text(nest, exact)
    code = text(nest, BFLOAT)
    assert code.count(f"call <{lanes} x float> @llvm.x86.avx512bf16.dpbf16ps") == 2
    assert object_file(code, BFLOAT)
    if "+avx512bf16" in Target.host().features:
        arrays = samples("bfloat16", 4), samples("bfloat16", 2 * lanes)
        check(nest, [*arrays, samples("float32", 2 * lanes)], rtol=1e-5)


@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_two_products_of_int16_are_one_instruction(lanes: int) -> None:
    nest = sums(lanes, 2, "int16", "int16")
    code = text(nest)
    assert code.count(f"call <{lanes} x i32> @llvm.x86.avx512.vpdpwssd.{32 * lanes}") == 2
    assert object_file(code, WITH)
    assert "vpdpwssd" not in text(nest, WITHOUT)
    computed_right(nest)


def test_the_least_int16_wrap_around_and_do_not_saturate() -> None:
    least = np.full(32, -(2**15), np.int16)
    check(sums(16, 2, "int16", "int16", rows=1), [least[:2], least, np.full(16, 5, np.int32)])


@pytest.mark.parametrize("bound", [0, 1, 2])
def test_rows_of_zeros_take_the_place_of_those_outside(bound: int) -> None:
    """Whether a row is read may be known when the code is made, or only when it runs."""
    lanes = 16
    x, w = buffer("x", [2, 4], "uint8"), buffer("w", [lanes, 4], "int8")
    y = buffer("y", [2, lanes], "int32")
    lane = b.ramp(const(0), 1, lanes)

    def body(row: Expr) -> Stmt:
        def step(k: Var) -> Stmt:
            read_or_zero = b.select(b.lt(row, bound), read(x, row, k), b.const(0, "uint8"))
            a = b.broadcast(b.cast(read_or_zero, "int32"), lanes)
            c = b.cast(read(w, lane, k), a.dtype)
            return write(y, row, lane, b.add(read(y, row, lane), b.mul(a, c)))

        return unrolled("k", 4, step)

    for nest in (
        function([x, w, y], loop("i", 2, body)),
        function([x, w, y], unrolled("i", 2, body)),
    ):
        assert INSTRUCTION in text(nest)
        computed_right(nest)


def test_terms_that_a_condition_leaves_out_are_zeros() -> None:
    """The condition excludes rows outside of both operands, known when the code runs."""
    lanes = 16
    x, w = buffer("x", [2, 4], "uint8"), buffer("w", [2, lanes, 4], "int8")
    y, lane = buffer("y", [2, lanes], "int32"), b.ramp(const(0), 1, lanes)

    def body(row: Expr) -> Stmt:
        def step(k: Var) -> Stmt:
            factor = wide(read(x, b.sub(row, 1), k), lanes)
            product = b.mul(factor, b.cast(read(w, b.sub(row, 1), lane, k), factor.dtype))
            some = b.select(b.le(const(1), row), product, b.const(0, "int32x16"))
            return write(y, row, lane, b.add(read(y, row, lane), some))

        return unrolled("k", 4, step)

    nest = function([x, w, y], loop("i", 2, body))
    assert INSTRUCTION in text(nest)
    computed_right(nest)


def masked_sums(kind: str, count: int, by_data: bool = False, is_turned: bool = False) -> Function:
    """y[lane] += the products of rows of `count` numbers, with zeros past their ends.

    Whether a number counts is also told by the sum itself, if it is `by_data`.
    """
    lanes, steps = 16, 4 if kind == "int8" else 2
    x, z = buffer("x", [2, count], "uint8" if steps == 4 else kind), buffer("z", [2, count], kind)
    if is_turned:
        x = buffer("x", [2, count], kind)
    result = dtype("float32" if kind == "bfloat16" else "int32").with_lanes(lanes)
    y, lane = buffer("y", [lanes], result.scalar.name), b.ramp(const(0), 1, lanes)

    def body(row: Var) -> Stmt:
        def step(k: Var) -> Stmt:
            place = b.add(b.mul(lane, b.broadcast(const(steps), lanes)), b.broadcast(k, lanes))
            inside = place < b.broadcast(b.sub(const(count), row), lanes)
            if by_data:
                inside = b.and_(inside, read(y, lane) < b.broadcast(const(1000), lanes))

            def factor(rows: Buffer) -> Expr:
                load = read(rows, row, place)
                return b.select(inside, load, b.broadcast(b.const(0, rows.dtype), lanes))

            first = factor(x)
            if is_turned:
                wide = dtype("int32").with_lanes(lanes)
                total = b.add(b.cast(first, wide), b.broadcast(b.const(128, "int32"), lanes))
                first = b.cast(total, dtype("uint8").with_lanes(lanes))
            product = b.mul(b.cast(first, result), b.cast(factor(z), result))
            return write(y, lane, b.add(read(y, lane), product))

        return unrolled("k", steps, step)

    return function([x, z, y], loop("i", 2, body))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 31, 32, 41, 63])
@pytest.mark.parametrize("is_turned", [False, True])
def test_bytes_past_the_end_of_a_row_are_zeros(count: int, is_turned: bool) -> None:
    nest = masked_sums("int8", count, is_turned=is_turned)
    code = text(nest)
    assert INSTRUCTION in code
    assert "@llvm.masked.load.v64i8" in code
    computed_right(nest)


@pytest.mark.parametrize("count", [1, 7, 18, 31])
def test_numbers_of_16_bits_past_the_end_of_a_row_are_zeros(count: int) -> None:
    nest = masked_sums("int16", count)
    assert "vpdpwssd" in text(nest)
    computed_right(nest)
    assert "@llvm.masked.load.v32i16" in text(masked_sums("bfloat16", count), BFLOAT)


def test_other_masks_are_computed_by_products_and_additions() -> None:
    """A sum that decides what counts changes from step to step; AVX loads no bytes by a mask."""
    nest = masked_sums("int8", 41, by_data=True)
    assert INSTRUCTION not in text(nest)
    computed_right(nest)
    assert "vpdp" not in text(masked_sums("int8", 20), replace(AVX, features="+avx2,+avxvnni"))


def test_operands_are_loaded_and_prefetched_once_for_all_rows() -> None:
    x, w = buffer("x", [8, 2, 4], "uint8"), buffer("w", [8, 16, 4], "int8")
    y, lane = buffer("y", [2, 16], "int32"), b.ramp(const(0), 1, 16)

    def body(r: Var) -> Stmt:
        def step(k: Var) -> Stmt:
            def row(i: int) -> Stmt:
                factor = wide(read(x, r, i, k), 16)
                product = b.mul(factor, b.cast(read(w, r, lane, k), factor.dtype))
                return write(y, i, lane, b.add(read(y, i, lane), product))

            return block(row(0), row(1))

        return unrolled("k", 4, step)

    plain = loop("r", 8, body)
    ahead = replace(plain, pragmas=(Prefetched((Ahead(w, 3),)),))
    nest = function([x, w, y], ahead)
    assert "@llvm.prefetch" not in text(function([x, w, y], plain))
    assert text(nest).count("call void @llvm.prefetch") == 1
    assert text(nest).count("= load <64 x i8>") == 1
    assert "i64 192" in text(nest)  # three rows of 64 bytes
    computed_right(nest)


def test_a_target_without_it_has_products_and_additions() -> None:
    assert INSTRUCTION not in text(sums(16), WITHOUT)


def test_the_largest_products_do_not_saturate() -> None:
    nest = sums(16, 4, rows=1)
    y = np.zeros(16, np.int32)
    arrays = [np.full(4, 255, np.uint8), np.full(64, -128, np.int8), y]
    (*_, found) = check(nest, arrays)
    assert (found == 4 * 255 * -128).all()
