"""Whole layers: matrix products and convolutions, compared with NumPy and by their cycles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.errors import ArgumentError, LoweringError
from autosched.schedule import Schedule, create_schedule, from_json, replay, to_json
from autosched.vta import Counters, Simulator, VTAConfig, cycles, decode
from autosched.vta.config import Memory
from autosched.vta.environment import Environment, get_env
from autosched.vta.isa.bytes import encode
from autosched.vta.isa.instructions import Gemm, Load
from autosched.vta.lowering import Program, lower_vta
from tests.vta.lowering.nets import Conv, Plan, check, inputs_of, schedule

env = get_env()

CONFIGS = [
    VTAConfig(),
    VTAConfig.from_tag("4x8_i8w8a32_15_16_16_18"),
    VTAConfig(log_block=5, log_inp_buff_size=16, log_wgt_buff_size=19, log_bus_width=8),
]


def matmul(env: Environment, n: int = 4, k: int = 3, m: int = 5) -> tuple[Schedule, list[Any]]:
    """Blocks of n by k times blocks of m by k, shifted, as TVM's tutorials schedule it."""
    a = te.placeholder((n, k, env.BATCH, env.BLOCK_IN), name="a", dtype=env.inp_dtype)
    w = te.placeholder((m, k, env.BLOCK_OUT, env.BLOCK_IN), name="w", dtype=env.wgt_dtype)
    ko, ki = te.reduce_axis((0, k), name="ko"), te.reduce_axis((0, env.BLOCK_IN), name="ki")
    c = te.compute(
        (n, m, env.BATCH, env.BLOCK_OUT),
        lambda i, j, b, o: te.sum(
            a[i, ko, b, ki].astype(env.acc_dtype) * w[j, ko, o, ki].astype(env.acc_dtype),
            axis=[ko, ki],
        ),
        name="c",
    )
    shifted = te.compute(c.shape, lambda *i: c(*i) >> 7, name="shifted")
    out = te.compute(c.shape, lambda *i: shifted(*i).astype(env.out_dtype), name="out")
    s = create_schedule(out)
    s[c].set_scope(env.acc_scope)
    s[shifted].set_scope(env.acc_scope)
    loads = [s.cache_read(a, env.inp_scope, [c]), s.cache_read(w, env.wgt_scope, [c])]
    i, j, b, o = s[c].op.axis
    outer, inner = s[c].op.reduce_axis
    s[c].reorder(outer, i, j, b, o, inner)
    for load in loads:
        s[load].compute_at(s[c], outer)
        s[load].pragma(s[load].op.axis[0], env.dma_copy)
    s[c].tensorize(b, env.gemm)
    s[shifted].pragma(s[shifted].op.axis[0], env.alu)
    s[out].pragma(s[out].op.axis[0], env.dma_copy)
    return s, [a, w, out]


def counted(program: Program, args: list[te.Tensor]) -> Counters:
    dram = program.image(list(inputs_of(args).values()))
    return Simulator(program.config).run(program.instructions, dram)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.tag)
def test_matmul(config: VTAConfig) -> None:
    env = get_env(config)
    s, args = matmul(env)
    program = check(s, args, env)
    arrays = list(inputs_of(args, 3).values())
    (got,) = program.run(arrays)
    a, w = (array.astype(np.int64) for array in arrays)
    want = (np.einsum("nkbi,mkoi->nmbo", a, w) >> 7).astype(np.int8)
    np.testing.assert_array_equal(got, want)


def test_a_replayed_trace_gives_the_same_bytes() -> None:
    s, args = matmul(env)
    again = replay(s.outputs, from_json(to_json(s.trace)))
    assert lower_vta(again, args).instructions == lower_vta(s, args).instructions


def test_the_stream_of_a_matmul() -> None:
    s, args = matmul(env, n=4, k=2, m=5)
    program = lower_vta(s, args)
    names = []
    for each in decode(program.instructions, env.config):
        name = type(each).__name__.lower()
        if isinstance(each, Load):
            name += " " + each.memory.name.lower()
        names.append("reset" if isinstance(each, Gemm) and each.reset else name)
    step = ["load inp", "load wgt", "gemm"]
    assert names == ["load uop", "reset", *step, *step, "alu", "store", "finish"]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.tag)
@pytest.mark.parametrize("skip", [False, True])
def test_convolutions(config: VTAConfig, skip: bool) -> None:
    c = Conv(get_env(config), channels=2, height=9, width=7, filters=4, stride=1)
    plan = Plan(
        tile_h=3, tile_w=7, tile_co=2, skip_padding=skip, threads_co=2, double=("inp", "acc")
    )
    check(*schedule(c, plan), c.env)


def test_padding_that_is_skipped_takes_no_micro_ops() -> None:
    counts = {}
    for skip in (False, True):
        c = Conv(env, channels=1, height=6, width=5, filters=1)
        s, args = schedule(c, Plan(skip_padding=skip))
        counts[skip] = counted(check(s, args, env), args).gemm_counter
    assert counts[False] == 9 * 6 * 5
    assert counts[True] == (3 * 6 - 2) * (3 * 5 - 2)


def test_threads_of_output_channels_share_the_input() -> None:
    loads = {}
    for threads in (1, 2):
        c = Conv(env, channels=2, height=8, width=8, filters=4)
        s, args = schedule(c, Plan(8, 8, 4 // threads, threads_co=threads))
        loads[threads] = counted(check(s, args, env), args).inp_load_nbytes
    assert loads[1] == loads[2] == 2 * 8 * 8 * 16


def test_threads_and_double_buffers_hide_loads() -> None:
    """Loads run beside the work: with one buffer of each they wait for one another."""
    total = {}
    for name, plan in {
        "serial": Plan(4, 16, 2),
        "threads": Plan(4, 16, 2, threads_co=2, double=("inp",)),
        "double": Plan(4, 16, 2, double=("inp", "wgt", "acc")),
    }.items():
        c = Conv(env, channels=4, height=16, width=16, filters=4)
        s, args = schedule(c, plan)
        total[name] = cycles(check(s, args, env).instructions).total
    assert total["threads"] < 0.9 * total["serial"]
    assert total["double"] < 0.9 * total["serial"]


def test_a_layer_of_resnet_is_near_what_its_micro_ops_take() -> None:
    c = Conv(env, channels=4, height=56, width=56, filters=4)
    plan = Plan(
        8, 56, 2, skip_padding=True, double=("inp", "wgt", "acc"), order=(0, 1, 2, 3, 4, 5, 6)
    )
    s, args = schedule(c, plan)
    program = check(s, args, env)
    outputs = 4 * 56 * 56
    floor = 16 * (3 * 56 - 2) ** 2 + 6 * outputs
    assert cycles(program.instructions).total < 1.02 * floor


def test_rows_that_are_contiguous_are_one_row() -> None:
    c = Conv(env, channels=1, height=6, width=5, filters=1, kernel=(1, 1), pad=0)
    s, args = schedule(c, Plan())
    (load,) = (
        each
        for each in decode(lower_vta(s, args).instructions, env.config)
        if isinstance(each, Load) and each.memory is Memory.INP
    )
    assert (load.y_size, load.x_size) == (1, 30)


def test_whole_tile_in_the_padding() -> None:
    c = Conv(env, channels=2, height=4, width=4, filters=1, kernel=(1, 1), pad=2)
    check(*schedule(c, Plan(tile_h=1, tile_w=2)), env)


def test_more_padding_than_a_load_makes() -> None:
    c = Conv(env, channels=1, height=3, width=3, filters=1, kernel=(1, 1), pad=17)
    check(*schedule(c, Plan(tile_h=37, tile_w=37)), env)


def test_bytes_are_those_of_the_encoder() -> None:
    c = Conv(env, channels=2, height=9, width=7, filters=4)
    program = lower_vta(*schedule(c, Plan(3, 7, 2, threads_h=3)))
    assert encode(decode(program.instructions, env.config), env.config) == program.instructions


def refused(
    s: Schedule, args: list[te.Tensor], *texts: str, config: VTAConfig | None = None
) -> None:
    with pytest.raises(LoweringError) as caught:
        lower_vta(s, args, config)
    for text in texts:
        assert text in str(caught.value)


def test_a_tile_that_does_not_fit() -> None:
    c = Conv(env, channels=8, height=24, width=24, filters=4)
    refused(*schedule(c, Plan(24, 24, 4)), "at most 2048 elements in the ACC memory", "got 2304")
    refused(*schedule(c, Plan(24, 24, 1, tile_ci=4)), "at most 2048", "INP memory", "got 2704")
    c = Conv(env, channels=16, height=4, width=4, filters=8)
    refused(*schedule(c, Plan(4, 4, 8, tile_ci=16)), "at most 1024", "WGT memory", "got 1152")


def test_a_program_of_too_many_instructions_is_refused_before_it_is_made() -> None:
    conv = Conv(get_env(), height=1024, width=1024, kernel=(1, 1), pad=0)
    refused(*schedule(conv, Plan(1, 1, 1)), "run at most 2097152 times", "compute larger tiles")


def test_plain_loops_and_other_blocks() -> None:
    s, args = matmul(env)
    s = create_schedule(s.outputs)
    refused(s, args, "to be copied from the sums", "acc_scope")
    other = VTAConfig(log_block=5)
    refused(*matmul(env), "whole blocks", config=other)
    c = Conv(env)
    s, args = schedule(c, Plan())
    steps = [step for step in s.trace if step.name != "tensorize"]
    refused(replay(s.outputs, steps), args, "conv to be tensorized", "plain loops")


def test_symbolic_sizes_and_other_types() -> None:
    n = te.var("n")
    a = te.placeholder((n, 1, 16), name="a", dtype="int32")
    b = te.compute((n, 1, 16), lambda *i: a(*i) + 1, name="b")
    refused(create_schedule(b), [a, b], "constant extents")
    a = te.placeholder((4, 1, 16), name="a", dtype="float32")
    b = te.compute((4, 1, 16), lambda *i: a(*i) + 1.0, name="b")
    refused(create_schedule(b), [a, b], "int8 and int32 tensors", "float32")


def test_a_stage_in_dram_between_two() -> None:
    a = te.placeholder((4, 1, 16), name="a", dtype="int32")
    b = te.compute((4, 1, 16), lambda *i: a(*i).astype("int8"), name="b")
    k = te.reduce_axis((0, 1), name="k")
    out = te.compute((4, 1, 16), lambda i, j, o: te.max(b[i, j + k, o], axis=k), name="out")
    s = create_schedule(out)
    s.cache_read(a, env.acc_scope, [b])
    refused(s, [a, out], "out in DRAM", "copied from the sums")
    s.cache_read(b, env.acc_scope, [out])
    s.cache_write(out, env.acc_scope)
    refused(s, [a, out], "b in a memory of the accelerator", "in DRAM between two")


def test_arrays_that_do_not_fit() -> None:
    s, args = matmul(env)
    program = lower_vta(s, args)
    a, w = inputs_of(args).values()
    with pytest.raises(ArgumentError, match=r"2 arrays \(a, w\), got 1"):
        program.run([a])
    with pytest.raises(ArgumentError, match="dtype int8 for w, got"):
        program.run([a, w.astype(np.int32)])


@pytest.mark.parametrize("blocks", [(1, 3, 1), (2, 4, 1), (1, 1, 2), (1, 5, 3)])
def test_few_sums(blocks: tuple[int, int, int]) -> None:
    """If writes of a sum cannot be kept apart, each step of the reduction is an instruction."""
    check(*matmul(env, *blocks), env)


def product(shape: tuple[int, ...], read: Any, data: te.Tensor, kernel: tuple[int, int]) -> Any:
    """Sums over `kernel` of `read(data, y, x, ky, kx)` times weights, stored as int8."""
    w = te.placeholder((*kernel, 16, 16), name="w", dtype="int8")
    ky, kx = (te.reduce_axis((0, extent), name=n) for extent, n in zip(kernel, "yx", strict=True))
    k = te.reduce_axis((0, 16), name="k")
    conv = te.compute(
        shape,
        lambda y, x, b, o: te.sum(
            read(y, x, ky, kx, b, k).astype("int32") * w[ky, kx, o, k].astype("int32"),
            axis=[ky, kx, k],
        ),
        name="conv",
    )
    out = te.compute(shape, lambda *i: conv(*i).astype("int8"), name="out")
    s = create_schedule(out)
    s[conv].set_scope(env.acc_scope)
    s.cache_read(w, env.wgt_scope, [conv])
    s.cache_read(data, env.inp_scope, [conv])
    s[conv].reorder(ky, kx, *conv.op.axis, k)
    s[conv].tensorize(conv.op.axis[2], env.gemm)
    return s, [data, w, out]


def test_a_transposed_convolution() -> None:
    """Conditions on remainders, and indices that are quotients, run loop by loop."""
    data = te.placeholder((4, 3, 1, 16), name="data", dtype="int8")

    def read(y: Any, x: Any, ky: Any, kx: Any, b: Any, k: Any) -> Any:
        row, column = y + ky - 2, x + kx - 2
        inside = te.all(
            row >= 0, row < 8, column >= 0, column < 6,
            (row % 2).equal(0), (column % 2).equal(0),
        )  # fmt: skip
        return te.if_then_else(inside, data[row // 2, column // 2, b, k], 0)

    check(*product((7, 5, 1, 16), read, data, (3, 3)), env)


def test_a_flipped_kernel() -> None:
    data = te.placeholder((7, 6, 1, 16), name="data", dtype="int8")

    def read(y: Any, x: Any, ky: Any, kx: Any, b: Any, k: Any) -> Any:
        return data[y + 2 - ky, x + 1 - kx, b, k]

    check(*product((5, 5, 1, 16), read, data, (3, 2)), env)


def test_a_choice_of_other_shapes() -> None:
    """A condition that is not a conjunction is evaluated at each point."""
    data = te.placeholder((5, 5, 1, 16), name="data", dtype="int8")

    def read(y: Any, x: Any, ky: Any, kx: Any, b: Any, k: Any) -> Any:
        return te.if_then_else(te.any(y < 2, x + kx >= 4), data[y, x, b, k], 0)

    check(*product((5, 5, 1, 16), read, data, (1, 2)), env)
