"""`tvm.testing`: what test files of TVM import."""

import unittest

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te


def test_marks() -> None:
    @tvm.testing.requires_llvm
    def on_a_cpu():
        return 1

    @tvm.testing.requires_cuda
    def on_a_gpu():
        return 1

    tvm.testing.utils.install_request_hook(depth=3)
    assert on_a_cpu() == 1
    with pytest.raises(unittest.SkipTest, match="cuda"):
        on_a_gpu()
    with pytest.raises(AttributeError):
        _ = tvm.testing.no_such_name


def test_equal_expressions() -> None:
    n = te.var("n")
    tvm.testing.assert_prim_expr_equal(n * 2, n + n)
    with pytest.raises(AssertionError):
        tvm.testing.assert_prim_expr_equal(n * 2, n)


def test_convert() -> None:
    assert isinstance(tvm.runtime.convert(4), tvm.tir.IntImm)
    assert [int(each) for each in tvm.convert([1, 2])] == [1, 2]
    assert tvm.runtime.enabled("llvm")
    assert not tvm.runtime.enabled("cuda")


def test_targets_of_a_test_with_and_without_a_list() -> None:
    def test() -> None: ...

    assert tvm.testing.parametrize_targets(test) is test
    assert tvm.testing.parametrize_targets("llvm", "cuda")(test) is test
    assert tvm.testing.known_failing_targets("vulkan")(test) is test


size, kind = tvm.testing.parameters((16, "float32"), (512, "float16"))


def test_parameters_of_a_set_come_together(size: int, kind: str) -> None:
    assert (size, kind) in [(16, "float32"), (512, "float16")]


class TestParametersOfAClass:
    number, half = tvm.testing.parameters((2, 1), (4, 2), ids=["small", "large"])
    sign = tvm.testing.parameter(by_dict={"plus": 1, "minus": -1})

    @tvm.testing.fixture
    def signed(self, number: int, sign: int) -> int:
        return number * sign

    def test_they_come_together(self, number: int, half: int, sign: int, signed: int) -> None:
        assert signed == 2 * half * sign
        assert number == 2 * half


def test_gradients_by_differences() -> None:
    def value(x, y):
        return (x * x * y).sum()

    x, y = np.array([[1.0, 2.0]]), np.array([[3.0, -1.0]])
    tvm.testing.check_numerical_grads(value, [x, y], [2 * x * y, x * x])
    tvm.testing.check_numerical_grads(value, {"x": x, "y": y}, {"y": x * x})
    tvm.testing.check_numerical_grads(value, [x, y], [2 * x * y])
    with pytest.raises(AssertionError, match="of input 1, got"):
        tvm.testing.check_numerical_grads(value, [x, y], [2 * x * y, x])
