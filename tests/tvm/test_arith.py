"""`tvm.arith.Analyzer`."""

import math

import autosched.tvm as tvm
from autosched.tvm import te


def test_simplify_and_prove() -> None:
    x, y = te.var("x"), te.var("y")
    analyzer = tvm.arith.Analyzer()
    assert str(analyzer.simplify((x * 8 + 7) // 8)) == "x"
    analyzer.bind(x, tvm.ir.Range(tvm.const(0), tvm.const(4)))
    analyzer.bind(y, 3)
    assert analyzer.can_prove(x < 4)
    assert not analyzer.can_prove(x < 3)
    assert analyzer.can_prove_equal(x + y, x + 3)


def test_bounds() -> None:
    x = te.var("x")
    analyzer = tvm.arith.Analyzer()
    assert analyzer.const_int_bound(x).max_value == math.inf
    analyzer.update(x, tvm.arith.ConstIntBound(1, 5))
    bound = analyzer.const_int_bound(2 * x + 1)
    assert (bound.min_value, bound.max_value) == (3, 11)


def test_linear_equations() -> None:
    x, y = te.var("x"), te.var("y")
    factors = tvm.arith.detect_linear_equation(3 * x + y - x + 4, [x, y])
    assert list(map(str, factors)) == ["2", "1", "4"]
    assert list(map(str, tvm.arith.detect_linear_equation(3 * x + y, [x]))) == ["3", "y"]
    assert tvm.arith.detect_linear_equation(x % 4 + y, [x]) == []
