"""The environment: the names of TVM's VTA scripts."""

from __future__ import annotations

from autosched.vta import VTAConfig
from autosched.vta.environment import Environment, get_env


def test_the_default_accelerator() -> None:
    env = get_env()
    assert (env.BATCH, env.BLOCK_IN, env.BLOCK_OUT) == (1, 16, 16)
    assert (env.inp_dtype, env.wgt_dtype, env.acc_dtype, env.out_dtype) == (
        *("int8", "int8"),
        *("int32", "int8"),
    )
    assert (env.INP_WIDTH, env.WGT_WIDTH, env.ACC_WIDTH, env.OUT_WIDTH) == (8, 8, 32, 8)
    assert len({env.inp_scope, env.wgt_scope, env.acc_scope}) == 3
    assert env.gemm.shape == (1, 16, 16)


def test_another_accelerator() -> None:
    env = Environment(VTAConfig(log_batch=2, log_block=3))
    assert env.gemm.shape == (4, 8, 8)
    assert env.gemm is env.gemm
