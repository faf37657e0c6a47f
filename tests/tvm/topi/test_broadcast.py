import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors

SHAPES = [((3, 5), (3, 5)), ((3, 1), (1, 5)), ((2, 3, 5), (5,)), ((), (3, 2)), ((1, 1), (1, 1))]
FLOATS = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "maximum": np.maximum,
    "minimum": np.minimum, "greater": np.greater, "less": np.less, "equal": np.equal,
    "not_equal": np.not_equal, "greater_equal": np.greater_equal, "less_equal": np.less_equal,
}  # fmt: skip
POSITIVE = {
    "divide": np.divide, "floor_divide": np.floor_divide, "mod": np.fmod, "power": np.power,
    "floor_mod": np.mod,
}  # fmt: skip
INTEGERS = {
    "bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or, "bitwise_xor": np.bitwise_xor,
}  # fmt: skip


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("name", FLOATS)
def test_floats(name, shapes):
    (a, x), (b, y) = given = tensors(*shapes)
    check(getattr(topi, name)(a, b), given, FLOATS[name](x, y))


@pytest.mark.parametrize("name", POSITIVE)
def test_divisions(name):
    (a, x), (b, y) = given = tensors((3, 1), (1, 5), low=0.5, high=4.0)
    if name.endswith("mod"):
        (a, x), (b, y) = given = tensors((3, 4), (3, 4), dtype="int32")
        given[1] = (b, np.abs(y) + 1)
        y = given[1][1]
    check(getattr(topi, name)(a, b), given, POSITIVE[name](x, y))


def test_integers_divide_towards_zero():
    (a, x), (b, y) = given = tensors((4, 5), (4, 5), dtype="int32")
    given[1] = (b, np.abs(y) + 1)
    check(topi.divide(a, b), given, np.trunc(x / given[1][1]))


@pytest.mark.parametrize("name", INTEGERS)
def test_bits(name):
    (a, x), (b, y) = given = tensors((3, 1), (1, 5), dtype="int32")
    check(getattr(topi, name)(a, b), given, INTEGERS[name](x, y))


def test_shifts():
    (a, x), (b, y) = given = tensors((3, 5), (3, 5), dtype="int32")
    given[1] = (b, np.abs(y))
    check(topi.left_shift(a, b), given, x << np.abs(y))
    check(topi.right_shift(a, b), given, x >> np.abs(y))


def test_a_number_on_either_side():
    ((a, x),) = given = tensors((3, 5))
    check(topi.add(a, 2.5), given, x + 2.5)
    check(topi.subtract(1, a), given, 1 - x)


def test_logic():
    (a, x), (b, y) = given = tensors((3, 5), (3, 5))
    p, q, u, v = topi.greater(a, 0.0), topi.greater(b, 0.0), x > 0, y > 0
    check(topi.logical_and(p, q), given, u & v)
    check(topi.logical_or(p, q), given, u | v)
    check(topi.logical_xor(p, q), given, u ^ v)
    check(topi.logical_not(p), given[:1], ~u)


def test_where_and_broadcast_to():
    (a, x), (b, y), (c, z) = given = tensors((3, 1), (5,), (3, 5))
    check(topi.where(topi.greater(c, 0.0), a, b), given, np.where(z > 0, x, y))
    check(topi.broadcast_to(a, (2, 3, 5)), given[:1], np.broadcast_to(x, (2, 3, 5)))


def test_shapes_that_do_not_fit_are_refused():
    (a, _), (b, _) = tensors((3, 4), (3, 5))
    with pytest.raises(ExpressionError, match=r"broadcast for T_add, got \(3, 4\) and \(3, 5\)"):
        topi.add(a, b)
