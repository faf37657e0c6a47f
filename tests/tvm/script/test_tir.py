"""TVMScript: it may stand in a script, and is refused where it is used."""

import pytest

import autosched.tvm as tvm
from autosched.errors import NotOfferedError
from autosched.tvm.script import ir as I
from autosched.tvm.script import tir as T


@T.prim_func
def double(a: T.handle("float32"), B: T.Buffer((4,), "float32"), n: T.int32) -> None:
    T.func_attr({"global_symbol": "double"})


@I.ir_module
class Module:
    @T.prim_func
    def main(a: T.handle) -> None: ...


@pytest.mark.parametrize(
    "use",
    [
        lambda: tvm.build(double, target="llvm"),
        lambda: tvm.lower(double),
        lambda: double(1),
        lambda: double.with_attr("global_symbol", "f"),
        lambda: T.match_buffer(1),
    ],
)
def test_functions_are_refused_where_they_are_used(use) -> None:
    with pytest.raises(NotOfferedError, match=r"(TVMScript double|script\.tir\.match_buffer)"):
        use()


def test_modules_are_refused_where_they_are_used() -> None:
    with pytest.raises(NotOfferedError, match="TVMScript Module"):
        _ = Module["main"]


def test_constants_and_variables() -> None:
    assert (T.int32(16).value, T.int32(16).dtype, T.float16(2).dtype) == (16, "int32", "float16")
    assert tvm.tir.SizeVar("n").dtype == T.int64().dtype
