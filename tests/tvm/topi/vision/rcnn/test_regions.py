import numpy as np
import pytest

from autosched.tvm import topi
from tests.tvm.topi.checks import built, tensors


def regions(scale, count=5, extent=9):
    random = np.random.default_rng(0)
    edges = random.uniform(-2, extent + 3, (count, 4)) / scale
    return np.column_stack([random.integers(0, 2, count), edges]).astype("float32")


@pytest.mark.parametrize("mode", ["avg", "max"])
@pytest.mark.parametrize(("scale", "samples", "size"), [(1.0, -1, 3), (0.5, 2, (2, 4))])
def test_linear_reads(mode, scale, samples, size):
    (a, x) = tensors((2, 3, 9, 8))[0]
    rows = regions(scale)
    r = tensors(rows.shape)[0][0]
    wanted = topi.testing.roi_align_nchw_python(x, rows, size, scale, samples, mode)
    found = topi.vision.roi_align_nchw(a, r, size, scale, mode, samples)
    built(found, [(a, x), (r, rows)], wanted, rtol=1e-4)
    last = x.transpose(0, 2, 3, 1)
    b = tensors(last.shape)[0][0]
    found = topi.vision.roi_align_nhwc(b, r, size, scale, mode, samples)
    built(found, [(b, last), (r, rows)], wanted.transpose(0, 2, 3, 1), rtol=1e-4)


@pytest.mark.parametrize(("scale", "size"), [(1.0, 3), (0.5, (2, 4))])
def test_greatest_points(scale, size):
    (a, x) = tensors((2, 3, 9, 8))[0]
    rows = regions(scale)
    r = tensors(rows.shape)[0][0]
    wanted = topi.testing.roi_pool_nchw_python(x, rows, size, scale)
    found = topi.vision.rcnn.roi_pool_nchw(a, r, size, scale)
    built(found, [(a, x), (r, rows)], wanted)
