import numpy as np

from autosched.tvm import topi
from autosched.tvm.topi import testing
from tests.tvm.topi.checks import check, tensors


def test_softmax() -> None:
    ((a, x),) = given = tensors((3, 5))
    want = testing.softmax_python(x)
    np.testing.assert_allclose(want.sum(axis=1), 1, rtol=1e-6)
    check(topi.nn.softmax(a), given, want)
    check(topi.nn.log_softmax(a), given, testing.log_softmax_python(x))
    np.testing.assert_allclose(np.exp(testing.log_softmax_python(x)), want, rtol=1e-6)


def test_norms_with_scale_and_shift() -> None:
    (a, x), (g, gamma), (b, beta) = given = tensors((2, 4, 3, 5), (4,), (4,))
    want = testing.instance_norm_python(x, gamma, beta, [2, 3])
    check(topi.nn.instance_norm(a, g, b, [2, 3]), given, want)
    want = testing.group_norm_python(x, gamma, beta, 2, 1, [2, 3])
    check(topi.nn.group_norm(a, g, b, 2, 1, [2, 3]), given, want)
    (a, x), (g, gamma), (b, beta) = given = tensors((2, 4, 6), (4, 6), (4, 6))
    check(
        topi.nn.layer_norm(a, g, b, [1, 2]),
        given,
        testing.layer_norm_python(x, gamma, beta, [1, 2]),
    )
    np.testing.assert_allclose(
        testing.layer_norm_python(x, np.ones_like(gamma), None, (1, 2)).mean(axis=(1, 2)),
        0,
        atol=1e-6,
    )
    (a, x), (g, gamma) = given = tensors((2, 6), (6,))
    check(topi.nn.rms_norm(a, g, [1]), given, testing.rms_norm_python(x, gamma, 1))


def test_neighbours_and_lengths() -> None:
    ((a, x),) = given = tensors((1, 6, 3, 2))
    check(
        topi.nn.lrn(a, 3, 1, 1e-3, 0.75, 2.0), given, testing.lrn_python(x, 3, 1, 2.0, 1e-3, 0.75)
    )
    np.testing.assert_allclose(np.linalg.norm(testing.l2_normalize_python(x, 1e-9, 1), axis=1), 1)


def test_batch_norm_takes_the_statistics_that_it_has() -> None:
    x = np.random.default_rng(0).random((4, 3, 5))
    one, zero = np.ones(3), np.zeros(3)
    trained, mean, variance = testing.batch_norm(
        x, one, zero, zero, one, 1, 0.0, True, True, True, 1.0
    )
    np.testing.assert_allclose(mean, x.mean(axis=(0, 2)))
    np.testing.assert_allclose(variance, x.var(axis=(0, 2)))
    known = testing.batch_norm(x, one, zero, mean, variance, 1, 0.0, True, True, False, 1.0)[0]
    np.testing.assert_allclose(known, trained)
    plain = testing.batch_norm(x, 2 * one, one, mean, variance, 1, 0.0, False, False, False, 1.0)[0]
    np.testing.assert_allclose(plain, trained)


def test_norms_of_narrow_floats_are_computed_in_wide_ones() -> None:
    (a, x), (g, gamma) = given = tensors((2, 512), (512,), dtype="float16")
    want = testing.rms_norm_python(x, gamma, 1)
    made = topi.nn.rms_norm(a, g, [1])
    assert str(made.dtype) == "float16"
    check(made, given, want, 1e-3, 1e-3)
    (a, x), (g, gamma) = given = tensors((2, 512), (512,), dtype="float16")
    check(topi.nn.layer_norm(a, g, None, [1]), given,
          testing.layer_norm_python(x, gamma, None, 1), 2e-3, 2e-3)  # fmt: skip


def test_scales_along_several_axes() -> None:
    (a, x), (g, gamma), (b, beta) = given = tensors((2, 4, 3), (4, 3), (4, 3))
    want = testing.instance_norm_python(x, gamma, beta, (1, 2))
    np.testing.assert_allclose(want, testing.layer_norm_python(x, gamma, beta, (1, 2)))
    check(topi.nn.instance_norm(a, g, b, (1, 2)), given, want)


def test_statistics_that_are_not_updated_are_outputs_of_their_own() -> None:
    (a, _), *small = tensors((2, 3, 4), (3,), (3,), (3,), (3,))
    outputs = topi.nn.batch_norm(a, *(tensor for tensor, _ in small), axis=1)
    assert all(output is not tensor for output in outputs for tensor, _ in small)
