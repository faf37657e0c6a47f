"""Random schedules of random layers compute, bit by bit, what NumPy computes."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from autosched.errors import LoweringError, ScheduleError
from autosched.schedule.tail import TAILS
from autosched.vta import VTAConfig
from autosched.vta.environment import Environment
from tests.properties import examples
from tests.vta.lowering.nets import Conv, Plan, check, schedule

CONFIGS = (
    VTAConfig(),
    VTAConfig(log_batch=2, log_block=3, log_uop_buff_size=12),
    VTAConfig(log_block=5, log_inp_buff_size=16, log_wgt_buff_size=19),
    VTAConfig(log_block=2, log_uop_buff_size=8, log_inp_buff_size=10, log_acc_buff_size=14),
)

sizes = st.integers(1, 9)
few = st.integers(1, 3)


layers = st.fixed_dictionaries(
    {
        "channels": few,
        "height": sizes,
        "width": sizes,
        "filters": st.integers(1, 4),
        "kernel": st.tuples(few, few),
        "stride": few,
        "pad": st.integers(0, 2),
        "batch": st.integers(1, 2),
        "relu": st.booleans(),
    }
)

plans = st.builds(
    Plan,
    tile_h=sizes,
    tile_w=sizes,
    tile_co=few,
    tile_ci=few,
    tile_n=st.integers(1, 2),
    skip_padding=st.booleans(),
    threads_co=st.integers(1, 2),
    threads_h=st.integers(1, 3),
    double=st.lists(st.sampled_from(["inp", "wgt", "acc", "bias"]), unique=True).map(tuple),
    order=st.permutations(range(7)).map(tuple),
    tail=st.sampled_from(tuple(TAILS)),
    weights_outside=st.booleans(),
    fused=st.booleans(),
)


@examples(120)
@given(st.sampled_from(CONFIGS), layers, plans, st.integers(0, 1 << 16))
def test_convolutions(config: VTAConfig, sizes: dict[str, Any], plan: Plan, seed: int) -> None:
    kh, kw = sizes["kernel"]
    assume(sizes["height"] + 2 * sizes["pad"] >= kh and sizes["width"] + 2 * sizes["pad"] >= kw)
    conv = Conv(Environment(config), **sizes)
    try:
        s, args = schedule(conv, plan)
    except ScheduleError:  # tiles that cannot be shifted
        assume(False)
    try:
        check(s, args, conv.env, seed)
    except LoweringError as error:
        if not any(text in str(error) for text in REFUSALS):
            raise


REFUSALS = ("memory at a time", "which is what a micro-op can name", "tokens under way")
"""Sentences of what does not fit; anything else that is refused should have worked."""
