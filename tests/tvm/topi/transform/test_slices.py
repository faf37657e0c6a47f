import numpy as np
import pytest

from autosched import te
from autosched.tvm import topi
from tests.tvm.topi.checks import built, check, tensors


def test_parts():
    ((a, x),) = given = tensors((6, 7))
    check(topi.split(a, 3), given, np.split(x, 3))
    check(topi.split(a, (2, 3), 1), given, np.split(x, (2, 3), 1))
    check(topi.strided_slice(a, (1, -1), (6, 0), (2, -2)), given, x[1:6:2, -1:0:-2])
    check(topi.strided_slice(a, [1], [3], axes=[1], slice_mode="size"), given, x[:, 1:4])


@pytest.mark.parametrize(
    ("begin", "end", "step"),
    [((1, 0), (5, 6), (2, 1)), ((-2, 6), (0, 1), (-1, -2)), ((-4, 2), (9, -1), (1, 3))],
)
def test_slices_from_data(begin, end, step):
    (a, x) = tensors((6, 7))[0]
    part = tuple(map(slice, begin, end, step))
    wanted = x[part]
    numbers = [(te.placeholder((2,), "int64"), np.array(each)) for each in (begin, end, step)]
    (v, y) = tensors(wanted.shape)[0]
    placed = x.copy()
    placed[part] = y
    given = [(a, x), *numbers]
    places = [tensor for tensor, _ in numbers]
    check(topi.dynamic_strided_slice(a, *places, wanted.shape), given, wanted)
    check(topi.strided_set(a, v, *places), [*given, (v, y)], placed)


def test_the_extents_of_a_slice_from_data_are_those_of_the_output():
    (a, x) = tensors((6, 7))[0]
    numbers = [te.placeholder((1,), "int64", name=f"n{at}") for at in range(3)]
    made = topi.strided_slice(a, *numbers)
    arrays = [np.array([each]) for each in (4, 0, -2)]
    built(made, [(a, x), *zip(numbers, arrays, strict=True)], x[4:0:-2])


def test_a_part_of_the_axes_is_set():
    (a, x), (v, y) = tensors((4, 5), (4, 2))
    begin, end = te.placeholder((2,), "int32"), te.placeholder((2,), "int32")
    wanted = x.copy()
    wanted[:, 3:] = y
    numbers = [(begin, np.array([0, 3], "int32")), (end, np.array([4, 5], "int32"))]
    check(topi.strided_set(a, v, begin, end), [(a, x), (v, y), *numbers], wanted)
