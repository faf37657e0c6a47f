import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.errors import ArgumentError, NotOfferedError, WorkloadError
from autosched.tvm import rpc, te, vta
from autosched.tvm.vta.testing import simulator

env = vta.get_env()


def added(m=2):
    shape = (1, m, env.BATCH, env.BLOCK_OUT)
    A, B = (te.placeholder(shape, name=name, dtype=env.acc_dtype) for name in "AB")
    A_buf = te.compute(shape, lambda *i: A(*i), "A_buf")
    B_buf = te.compute(shape, lambda *i: B(*i), "B_buf")
    C_buf = te.compute(shape, lambda *i: A_buf(*i) + B_buf(*i), "C_buf")
    C = te.compute(shape, lambda *i: C_buf(*i).astype(env.inp_dtype), name="C")
    s = te.create_schedule(C.op)
    for buffer in (A_buf, B_buf, C_buf):
        s[buffer].set_scope(env.acc_scope)
    for copy in (A_buf, B_buf, C):
        s[copy].pragma(s[copy].op.axis[0], env.dma_copy)
    s[C_buf].pragma(C_buf.op.axis[0], env.alu)
    return s, [A, B, C]


def test_a_program_is_lowered_built_saved_loaded_and_simulated(tmp_path) -> None:
    s, args = added()
    assert "local.acc_buffer" in str(vta.lower(s, args, simple_mode=True))
    target = tvm.target.Target("ext_dev", host=env.target_host)
    with vta.build_config(disabled_pass={"tir.CommonSubexprElimTIR"}):
        module = vta.build(s, args, target, name="added")
    module.save(tmp_path / "added.o")
    remote = rpc.LocalSession()
    remote.upload(str(tmp_path / "added.o"))
    loaded = remote.load_module("added.o")
    a, b = np.random.default_rng(0).integers(-60, 60, (2, 1, 2, 1, 16)).astype(env.acc_dtype)
    out = tvm.nd.array(np.zeros((1, 2, 1, 16), "int8"), remote.ext_dev(0))
    simulator.clear_stats()
    loaded(tvm.nd.array(a), tvm.nd.array(b), out)
    np.testing.assert_array_equal(out.numpy(), (a + b).astype("int8"))
    once = simulator.stats()
    assert once["alu_counter"] == 2
    assert once["out_store_nbytes"] == 32
    loaded["added"](tvm.nd.array(a), tvm.nd.array(b), out)
    assert simulator.stats() == {name: 2 * number for name, number in once.items()}
    assert "STORE" in module.get_source().upper()
    with pytest.raises(ArgumentError, match="expected 3 arrays, got 1"):
        module(out)


def test_a_file_of_something_else_is_refused(tmp_path) -> None:
    (tmp_path / "a.o").write_text('{"kind": "other"}')
    for name in ("a.o", "none.o"):
        with pytest.raises(WorkloadError, match="expected the file of a program"):
            vta.load_module(tmp_path / name)


def test_the_target_of_the_accelerator_has_no_code_of_the_cpu() -> None:
    s, args = added()
    with pytest.raises(NotOfferedError, match="ext_dev"):
        tvm.build(s, args, tvm.target.Target("ext_dev"))
