import numpy as np
import pytest

from autosched.te.evaluate import evaluate
from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


def scaled(x, axes, epsilon=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


@pytest.mark.parametrize("axes", [[1], [1, 2]])
def test_axes(axes):
    shape = (3, 4, 5)
    inner = tuple(shape[axis] for axis in axes)
    (a, x), (g, u), (b, v) = given = tensors(shape, inner, inner)
    form = [shape[axis] if axis in axes else 1 for axis in range(3)]
    want = scaled(x, tuple(axes)) * u.reshape(form) + v.reshape(form)
    check(topi.nn.layer_norm(a, g, b, axes), given, want, rtol=1e-4)
    mean = (x * x).mean(tuple(axes), keepdims=True)
    check(
        topi.nn.rms_norm(a, g, axes),
        given[:2],
        x / np.sqrt(mean + 1e-5) * u.reshape(form),
        rtol=1e-4,
    )


def test_channels():
    (a, x), (g, u), (b, v) = given = tensors((2, 6, 3, 5), (6,), (6,))
    each = u[:, None, None], v[:, None, None]
    check(
        topi.nn.instance_norm(a, g, b, [2, 3]),
        given,
        scaled(x, (2, 3)) * each[0] + each[1],
        rtol=1e-4,
    )
    grouped = scaled(x.reshape(2, 3, 2, 3, 5), (2, 3, 4)).reshape(x.shape)
    made = topi.nn.group_norm(a, g, b, 3, 1, [2, 3])
    check(made, given, grouped * each[0] + each[1], rtol=1e-4)
    check(topi.nn.scale_shift_nchw(a, g, b), given, x * each[0] + each[1])


def test_known_statistics():
    (a, x), (g, u), (b, v), (m, mean), (s, var) = given = tensors(
        (2, 3, 4, 5), (3,), (3,), (3,), (3,)
    )
    given[4] = (s, np.abs(var) + 0.1)
    var = given[4][1]
    want = (x - mean[:, None, None]) / np.sqrt(var + 1e-5)[:, None, None]
    want = want * u[:, None, None] + v[:, None, None]
    check(topi.nn.batch_norm(a, g, b, m, s)[0], given, want, rtol=1e-4)


def test_own_statistics():
    (a, x), (g, u), (b, v), (m, mean), (s, var) = given = tensors(
        (2, 3, 4, 5), (3,), (3,), (3,), (3,)
    )
    axes = (0, 2, 3)
    made = topi.nn.batch_norm(a, g, b, m, s, training=True, momentum=0.2)
    want = scaled(x, axes) * u[:, None, None] + v[:, None, None]
    updated = [0.8 * mean + 0.2 * x.mean(axes), 0.8 * var + 0.2 * x.var(axes)]
    check(made, given, [want, *updated], rtol=1e-4)


def test_neighbouring_channels():
    ((a, x),) = given = tensors((1, 5, 2, 3))
    squares = np.pad(x * x, [(0, 0), (1, 1), (0, 0), (0, 0)])
    total = sum(squares[:, n : n + 5] for n in range(3))
    want = x / (2 + 0.5 / 3 * total) ** 0.75
    check(topi.nn.lrn(a, 3, 1, 0.5, 0.75, 2), given, want)


def test_blocks_are_scaled_and_shifted():
    (a, x), (b, scale), (c, shift) = given = tensors((1, 2, 3, 4, 5), (2, 5), (2, 5))
    wanted = x * scale[:, None, None] + shift[:, None, None]
    check(topi.nn.scale_shift_nchwc(a, b, c), given, wanted)


def test_half_precision_rounds_once():
    (a, x), (b, scale), (c, shift) = given = tensors((5, 16), (16,), (16,), dtype="float16")
    wide = x.astype("float32")
    deviation = wide - wide.mean(1, keepdims=True)
    exact = deviation / np.sqrt(wide.var(1, keepdims=True) + 1e-5) * scale + shift
    found = evaluate([topi.nn.layer_norm(a, b, c, (1,))], dict(given))[0]
    assert (abs(found - exact) <= np.spacing(abs(exact).astype("float16")) * 0.51).all()
