"""Functions of C's math library on scalars and vectors."""

import numpy as np
import pytest

from autosched import te
from autosched.api import build

ONE = {
    "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh,
    "cosh": np.cosh, "asinh": np.arcsinh, "atanh": np.arctanh, "log10": np.log10,
    "trunc": np.trunc, "acosh": lambda x: np.arccosh(x + 1),
}  # fmt: skip
TWO = {
    "atan2": np.arctan2, "fmod": np.fmod, "hypot": np.hypot, "nextafter": np.nextafter,
    "copysign": np.copysign,
}  # fmt: skip


def results(functions, dtype, lanes, *arrays):
    """The results of all functions, computed by one kernel in vectors of some lanes."""
    inputs = [te.placeholder((len(a),), dtype, name=f"x{n}") for n, a in enumerate(arrays)]
    outs = te.compute(
        inputs[0].shape, lambda i: tuple(f(*(x[i] for x in inputs)) for f in functions), name="y"
    )
    s = te.create_schedule(outs[0].op)
    s[outs[0]].vectorize(s[outs[0]].split(outs[0].op.axis[0], lanes)[1])
    return build(s, [*inputs, *outs])(*arrays)


@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_against_numpy(dtype, lanes):
    x = np.linspace(0.05, 0.95, 12).astype(dtype)
    y = np.linspace(-2, 2, 12).astype(dtype)
    tolerance = 4 * np.finfo(dtype).eps

    def of(name):
        function = getattr(te, name)
        return (lambda v: function(v + 1.0)) if name == "acosh" else function

    for name, got in zip(ONE, results(map(of, ONE), dtype, lanes, x), strict=True):
        np.testing.assert_allclose(got, ONE[name](x), rtol=tolerance, err_msg=name)
    got = results([getattr(te, name) for name in TWO], dtype, lanes, x, y)
    for name, values in zip(TWO, got, strict=True):
        np.testing.assert_allclose(values, TWO[name](x, y), rtol=tolerance, err_msg=name)
