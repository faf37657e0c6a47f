"""Statements put together one by one."""

import pytest

import autosched.tvm as tvm


def test_statements_in_order() -> None:
    ib = tvm.tir.ir_builder.create()
    for name in ("first", "second"):
        ib.emit(tvm.tir.call_extern("int32", name, 1))
    assert str(ib.get()) == "call first(int32(1))\ncall second(int32(1))"
    with pytest.raises(tvm.TVMError, match=r"ir_builder\.pointer"):
        ib.pointer("float32")
