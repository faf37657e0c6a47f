import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.ops import reference_windows as reference
from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize("stride", [1, 2])
def test_windows(stride):
    ((a, x),) = given = tensors((2, 3, 7, 6))
    steps = {"k": 3, "stride": stride, "padding": 1}
    args = (3, stride, 1, 1)
    check(topi.nn.pool2d(a, *args, "max"), given, reference.max_pool(x, **steps))
    check(topi.nn.pool2d(a, *args, "avg"), given, reference.avg_pool(x, **steps))
    without = topi.nn.pool2d(a, *args, "avg", count_include_pad=False)
    check(without, given, reference.avg_pool(x, **steps, count_include_pad=False))


def test_other_layouts_and_numbers_of_axes():
    ((a, x),) = given = tensors((1, 7, 5, 3))
    made = topi.nn.pool2d(a, 2, 2, 1, 0, "max", layout="NHWC")
    want = reference.max_pool(x.transpose(0, 3, 1, 2), k=2, stride=2)
    check(made, given, want.transpose(0, 2, 3, 1))
    ((a, x),) = given = tensors((2, 3, 9))
    check(
        topi.nn.pool1d(a, 3, 2, 1, 1, "max"), given, reference.max_pool(x, k=3, stride=2, padding=1)
    )
    ((a, x),) = given = tensors((1, 2, 5, 4, 6))
    check(topi.nn.pool3d(a, 2, 2, 1, 0, "avg"), given, reference.avg_pool(x, k=2, stride=2))


def test_a_last_window_may_reach_beyond():
    ((a, x),) = given = tensors((1, 1, 6, 6))
    made = topi.nn.pool2d(a, 3, 2, 1, 0, "max", ceil_mode=True)
    wide = np.pad(x, [(0, 0), (0, 0), (0, 1), (0, 1)], constant_values=-np.inf)
    check(made, given, reference.max_pool(wide, k=3, stride=2))


def test_dilated_windows_count_what_lies_inside():
    ((a, x),) = given = tensors((1, 1, 5, 5))
    made = topi.nn.pool2d(a, 2, 1, 3, 2, "avg", count_include_pad=False)
    wide = np.pad(x, [(0, 0), (0, 0), (2, 2), (2, 2)], constant_values=np.nan)
    points = [wide[..., p : p + 6, q : q + 6] for p in (0, 3) for q in (0, 3)]
    with np.errstate(invalid="ignore"):
        want = np.nan_to_num(np.nansum(points, 0) / np.maximum(np.isfinite(points).sum(0), 1))
    check(made, given, want)


def test_all_of_space():
    ((a, x),) = given = tensors((2, 3, 5, 4))
    check(topi.nn.global_pool(a, "max"), given, x.max((2, 3), keepdims=True))
    check(topi.nn.global_pool(a, "avg"), given, x.mean((2, 3), keepdims=True))


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (5, 7), (4, 3)])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_parts_of_space(size, kind):
    ((a, x),) = given = tensors((1, 2, 5, 7))
    want = np.empty((1, 2, *size), "float32")
    for y, z in np.ndindex(*size):
        rows = slice(y * 5 // size[0], -(-(y + 1) * 5 // size[0]))
        columns = slice(z * 7 // size[1], -(-(z + 1) * 7 // size[1]))
        part = x[:, :, rows, columns]
        want[:, :, y, z] = part.max((2, 3)) if kind == "max" else part.mean((2, 3))
    check(topi.nn.adaptive_pool(a, size, kind), given, want)


def test_an_unknown_kind_is_refused():
    ((a, _),) = tensors((1, 1, 4, 4))
    with pytest.raises(ExpressionError, match="expected max or avg as pool_type, got 'sum'"):
        topi.nn.pool2d(a, 2, 1, 1, 0, "sum")


def test_the_earlier_name():
    ((a, x),) = given = tensors((1, 2, 6, 6))
    wanted = x.reshape(1, 2, 3, 2, 3, 2).max(axis=(3, 5))
    check(topi.nn.pool(a, (2, 2), (2, 2), (0, 0, 0, 0), "max"), given, wanted)
