import numpy as np
import pytest

from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


def test_triangles():
    ((a, x),) = given = tensors((6, 7))
    check(topi.trilu(a, 1, True), given, np.triu(x, 1))
    check(topi.trilu(a, -1, False), given, np.tril(x, -1))


@pytest.mark.parametrize("shape", [(3, 5), (2, 5, 3)])
@pytest.mark.parametrize("k", [0, 1, -2, (-1, 1), (-2, 2)])
@pytest.mark.parametrize("align", ["RIGHT_LEFT", "LEFT_RIGHT", "RIGHT_RIGHT", "LEFT_LEFT"])
def test_diagonals_are_set(shape, k, align):
    low, high = (k, k) if isinstance(k, int) else k
    *outer, rows, columns = shape
    longest = max(
        min(rows + min(number, 0), columns - max(number, 0)) for number in range(low, high + 1)
    )
    several = [high - low + 1] if low != high else []
    (a, x), (d, y) = given = tensors(shape, (*outer, *several, longest))
    wanted = topi.testing.matrix_set_diag(x, y, k, align)
    check(topi.matrix_set_diag(a, d, k, align), given, wanted)
