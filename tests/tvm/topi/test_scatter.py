import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.tvm import topi
from tests.tvm.topi.checks import built, tensors

COMBINED = {
    "update": lambda old, new: new,
    "add": lambda old, new: old + new,
    "mul": lambda old, new: old * new,
    "min": min,
    "max": max,
}


@pytest.mark.parametrize("mode", COMBINED)
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_slices_at_places(mode, dtype):
    (a, x), (i, at), (u, y) = (
        tensors((3, 4, 5), dtype=dtype)[0],
        *tensors((2, 6), (6, 5), dtype="int64"),
    )
    at, y = np.abs(at) % 3, y.astype(dtype)
    (u, _) = tensors((6, 5), dtype=dtype)[0]
    wanted = x.copy()
    for n, column in np.ndindex(6, 5):
        place = (*at[:, n], column)
        wanted[place] = COMBINED[mode](wanted[place], y[n, column])
    built(topi.scatter_nd(a, i, u, mode), [(a, x), (i, at), (u, y)], wanted)


@pytest.mark.parametrize("mode", [*COMBINED, "mean"])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_elements_along_an_axis(mode, axis):
    (a, x), (u, y) = tensors((3, 4, 5), (2, 3, 4))
    (i, at) = tensors((2, 3, 4), dtype="int32")[0]
    at = np.abs(at) % 3
    wanted, counts = x.copy(), np.ones(x.shape)
    for where in np.ndindex(*at.shape):
        place = list(where)
        place[axis] = at[where]
        combine = COMBINED["add" if mode == "mean" else mode]
        wanted[tuple(place)] = combine(wanted[tuple(place)], y[where])
        counts[tuple(place)] += 1
    wanted = (wanted / counts).astype("float32") if mode == "mean" else wanted
    found = topi.scatter_elements(a, i, u, axis, mode)
    built(found, [(a, x), (i, at), (u, y)], wanted)


def test_names_of_earlier_versions():
    (a, x), (i, at), (u, y) = given = tensors((3, 4), (1, 4), (1, 4), dtype="int32")
    at[:] = [[0, 2, 1, 2]]
    for name, wanted in (("scatter", y[0]), ("scatter_add", x[at[0], range(4)] + y[0])):
        whole = x.copy()
        whole[at[0], range(4)] = wanted
        built(getattr(topi, name)(a, i, u), given, whole)


def test_a_mode_that_is_none():
    (a, _), (i, _), (u, _) = tensors((3,), (1, 2), (2,), dtype="int32")
    with pytest.raises(ExpressionError, match="max, mean for scatter_nd, got 'div'"):
        topi.scatter_nd(a, i, u, "div")


@pytest.mark.parametrize("default", [0, 4, "tensor"])
def test_values_at_places_of_a_dense_tensor(default):
    (i, _), (v, y) = tensors((3, 2), (3,), dtype="int32")
    at = np.array([[0, 1], [2, 3], [1, 0]], "int32")
    (d, z) = tensors((), dtype="int32")[0]
    other, given = (d, [(d, z)]) if default == "tensor" else (default, [])
    wanted = np.full((3, 4), z if given else default, "int32")
    wanted[tuple(at.T)] = y
    built(topi.sparse_to_dense(i, (3, 4), v, other), [(i, at), (v, y), *given], wanted)


def test_an_inverse():
    (p, _) = tensors((5,), dtype="int32")[0]
    at = np.array([3, 0, 4, 1, 2], "int32")
    built(topi.invert_permutation(p), [(p, at)], np.array([1, 3, 4, 0, 2], "int32"))
