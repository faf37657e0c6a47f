import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.errors import ArgumentError, NotOfferedError
from autosched.tvm import rpc, te


def test_a_session_is_this_machine() -> None:
    remote = rpc.LocalSession()
    assert (remote.ext_dev(0).device_type, remote.cpu(1).device_id) == (12, 1)
    with pytest.raises(ArgumentError, match=r"expected an uploaded file \(none\), got 'a.o'"):
        remote.load_module("a.o")
    for name in ("connect", "connect_tracker", "Server"):
        with pytest.raises(NotOfferedError, match=f"rpc.{name}"):
            getattr(rpc, name)("host", 9091)


def test_code_of_this_machine_is_uploaded_and_loaded(tmp_path) -> None:
    A = te.placeholder((4,), name="A")
    B = te.compute((4,), lambda i: A[i] + 1.0, name="B")
    tvm.build(te.create_schedule(B.op), [A, B], name="plus").save(str(tmp_path / "plus.o"))
    remote = rpc.LocalSession()
    remote.upload(str(tmp_path / "plus.o"))
    b = tvm.nd.empty((4,), device=remote.cpu())
    remote.load_module("plus.o")(tvm.nd.array(np.zeros(4, "float32")), b)
    assert b.numpy().tolist() == [1, 1, 1, 1]
