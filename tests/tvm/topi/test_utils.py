import pytest

from autosched.errors import ExpressionError
from autosched.tvm.topi import utils


def test_layouts():
    assert utils.nchw_pack_layout("NCHW1n16c")
    assert not utils.nchw_pack_layout("NCHW16c")
    assert utils.nchw_xc_layout("NCHW16c")
    assert not utils.nchw_xc_layout("NCHW")
    assert utils.get_shape((3, 2, 32, 48, 16), "NCHW16c", "NC16cWH") == (3, 2, 16, 48, 32)
    with pytest.raises(ExpressionError, match="layouts of the same axes, got NCHW, NCHW4c"):
        utils.get_shape((1, 2, 3, 4), "NCHW", "NCHW4c")
