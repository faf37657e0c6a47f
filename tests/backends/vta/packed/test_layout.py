"""Blocks: elements are packed to their places, and unpacked again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autosched.backends.vta.packed.layout import pack, unpack


def test_an_image_by_hand():
    x = np.arange(2 * 3 * 1 * 2, dtype=np.int8).reshape(2, 3, 1, 2)
    packed = pack(x, {0: 2, 1: 2})
    assert packed.shape == (1, 2, 1, 2, 2, 2)
    for n, c, h, w in np.ndindex(2, 4, 1, 2):
        wanted = x[n, c, h, w] if c < 3 else 0
        assert packed[0, c // 2, h, w, n, c % 2] == wanted


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.data())
def test_unpack_takes_back_what_pack_does(shape, data):
    axes = data.draw(st.lists(st.sampled_from(range(len(shape))), unique=True))
    sizes = {axis: data.draw(st.integers(1, 4)) for axis in axes}
    x = np.arange(np.prod(shape)).reshape(shape) + 1
    packed = pack(x, sizes)
    assert packed.sum() == x.sum()
    np.testing.assert_array_equal(unpack(packed, sizes, tuple(shape)), x)
