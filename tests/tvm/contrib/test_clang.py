"""Translating C by clang."""

import pytest

from autosched.errors import NotOfferedError, TargetError
from autosched.tvm.contrib import clang, nvcc


def test_no_clang(monkeypatch) -> None:
    monkeypatch.setattr(clang.shutil, "which", lambda name: None)
    assert clang.find_clang(required=False) == []
    with pytest.raises(TargetError, match="expected a C compiler"):
        clang.create_llvm("int f(void) { return 1; }")


@pytest.mark.skipif(not clang.find_clang(required=False), reason="there is no clang")
def test_code_of_clang() -> None:
    assert "@f" in clang.create_llvm('extern "C" int f(void) { return 1; }')


def test_there_is_no_cuda() -> None:
    assert not nvcc.have_fp16("7.0")
    with pytest.raises(NotOfferedError, match=r"nvcc\.compile_cuda"):
        nvcc.compile_cuda("")
