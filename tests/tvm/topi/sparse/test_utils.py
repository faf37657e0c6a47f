import pytest

pytest.importorskip("scipy")

from autosched.tvm.topi.sparse.utils import random_bsr_matrix


def test_blocks_are_filled_by_the_density() -> None:
    made = random_bsr_matrix(16, 32, 4, 2, density=0.25)
    assert made.shape == (16, 32)
    assert made.blocksize == (4, 2)
    assert len(made.indices) == 16 * 32 // 4 // 8 + 1
    assert made.todense().shape == (16, 32)
