import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.tvm import topi
from tests.tvm.topi.checks import check, tensors


def test_shapes():
    ((a, x),) = given = tensors((3, 1, 5))
    check(topi.transpose(a, (2, 0, 1)), given, x.transpose(2, 0, 1))
    check(topi.reshape(a, (5, -1)), given, x.reshape(5, 3))
    check(topi.expand_dims(a, 1, 2), given, x[:, None, None])
    check(topi.expand_dims(a, -1), given, x[..., None])
    check(topi.squeeze(a), given, x[:, 0])
    check(topi.squeeze(a, 1), given, x[:, 0])
    check(topi.shape(a), [], np.array([3, 1, 5]))
    check(topi.ndarray_size(a), [], np.array(15))
    with pytest.raises(ExpressionError, match="expected 15 elements to reshape"):
        topi.reshape(a, (4, 4))


def test_tensors_joined():
    (a, x), (b, y) = given = tensors((3, 5), (3, 2))
    check(topi.concatenate([a, b], 1), given, np.concatenate([x, y], 1))
    check(topi.stack([a, a], -1), given[:1], np.stack([x, x], -1))


def test_parts():
    ((a, x),) = given = tensors((6, 7))
    check(topi.split(a, 3), given, np.split(x, 3))
    check(topi.split(a, (2, 3), 1), given, np.split(x, (2, 3), 1))
    check(topi.strided_slice(a, (1, -1), (6, 0), (2, -2)), given, x[1:6:2, -1:0:-2])
    check(topi.strided_slice(a, [1], [3], axes=[1], slice_mode="size"), given, x[:, 1:4])
    check(topi.flip(a, 1), given, x[:, ::-1])
    check(topi.trilu(a, 1, True), given, np.triu(x, 1))
    check(topi.trilu(a, -1, False), given, np.tril(x, -1))


def test_repetition():
    ((a, x),) = given = tensors((3, 2))
    check(topi.repeat(a, 3, 1), given, np.repeat(x, 3, 1))
    check(topi.tile(a, (2, 1, 3)), given, np.tile(x, (2, 1, 3)))
    check(
        topi.meshgrid([topi.arange(3), topi.arange(2)], "ij"),
        [],
        np.meshgrid(range(3), range(2), indexing="ij"),
    )
    check(
        topi.meshgrid([topi.arange(3), topi.arange(2)], "xy"), [], np.meshgrid(range(3), range(2))
    )
    check(topi.arange(1, 2, 0.25), [], np.arange(1, 2, 0.25))


def test_elements_at_indices():
    (a, x), (i, at) = given = tensors((5, 4), (2, 3), dtype="int32")
    check(topi.take(a, i, 0), given, np.take(x, at, 0, mode="clip"))
    check(topi.take(a, i), given, np.take(x, at, mode="clip"))
    check(topi.take(a, i, 1, mode="wrap"), given, np.take(x, at, 1, mode="wrap"))
    inside = [(a, x), (i, np.abs(at) % 4)]
    check(
        topi.gather(a, 1, i),
        [(a, x), (i, inside[1][1])],
        np.take_along_axis(x[:2], inside[1][1], 1),
    )
    check(topi.gather_nd(a, i), inside, x[tuple(inside[1][1])])
    hot = topi.one_hot(i, 2, -1, 6, -1, "float32")
    check(hot, inside[1:], np.where(np.arange(6) == inside[1][1][..., None], 2, -1))


def test_a_sequence_is_masked():
    (a, x) = tensors((5, 3))[0]
    (n, _) = tensors((3,), dtype="int32")[0]
    lengths = np.array([0, 2, 5], "int32")
    wanted = np.where(np.arange(5)[:, None] < lengths, x, -1)
    check(topi.sequence_mask(a, n, -1), [(a, x), (n, lengths)], wanted)


def test_products():
    (a, x), (b, y) = given = tensors((3, 4, 5), (5, 4, 2))
    check(topi.tensordot(a, b, 1), given, np.tensordot(x, y, 1))
    check(topi.tensordot(a, b, ((1, 2), (1, 0))), given, np.tensordot(x, y, ((1, 2), (1, 0))))
    check(topi.einsum("ijk,kjl->il", a, b), given, np.einsum("ijk,kjl->il", x, y))
    check(topi.einsum("ijk->kji", a), given[:1], x.transpose(2, 1, 0))
    (c, z), (d, w) = more = tensors((3, 4), (5, 4))
    check(topi.matmul(c, d, transp_b=True), more, z @ w.T)


@pytest.mark.parametrize(
    ("source", "target", "shape"),
    [
        ("NCHW", "NHWC", (2, 3, 4, 5)),
        ("NCHW", "NCHW4c", (1, 8, 3, 2)),
        ("NCHW", "NCHW4c", (1, 6, 3, 2)),
    ],
)
def test_layouts(source, target, shape):
    ((a, x),) = given = tensors(shape)
    made = topi.layout_transform(a, source, target)
    if target == "NHWC":
        wanted = x.transpose(0, 2, 3, 1)
    else:
        padded = np.pad(x, [(0, 0), (0, -shape[1] % 4), (0, 0), (0, 0)])
        wanted = padded.reshape(1, -1, 4, 3, 2).transpose(0, 1, 3, 4, 2)
    check(made, given, wanted)
    if shape[1] % 4 == 0:
        check(topi.layout_transform(made, target, source), given, x)
