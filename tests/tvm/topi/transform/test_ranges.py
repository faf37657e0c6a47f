import numpy as np

from autosched.tvm import topi
from tests.tvm.topi.checks import check


def test_numbers():
    check(
        topi.meshgrid([topi.arange(3), topi.arange(2)], "ij"),
        [],
        np.meshgrid(range(3), range(2), indexing="ij"),
    )
    check(
        topi.meshgrid([topi.arange(3), topi.arange(2)], "xy"), [], np.meshgrid(range(3), range(2))
    )
    check(topi.arange(1, 2, 0.25), [], np.arange(1, 2, 0.25))
