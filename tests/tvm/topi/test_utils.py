import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.tvm import topi
from autosched.tvm.topi import utils


def test_names_of_earlier_versions():
    assert topi.util.get_const_tuple([te.const(3)]) == (3,)
    assert topi.nn.util.get_pad_tuple(1, 3) == topi.nn.get_pad_tuple(1, 3) == (1, 1, 1, 1)
    with pytest.raises(topi.InvalidShapeError):
        topi.add(te.placeholder((3,)), te.placeholder((4,)))


def test_layouts():
    assert utils.nchw_pack_layout("NCHW1n16c")
    assert not utils.nchw_pack_layout("NCHW16c")
    assert utils.nchw_xc_layout("NCHW16c")
    assert not utils.nchw_xc_layout("NCHW")
    assert utils.get_shape((3, 2, 32, 48, 16), "NCHW16c", "NC16cWH") == (3, 2, 16, 48, 32)
    with pytest.raises(ExpressionError, match="layouts of the same axes, got NCHW, NCHW4c"):
        utils.get_shape((1, 2, 3, 4), "NCHW", "NCHW4c")


def test_numbers():
    assert utils.get_const_float(te.const(0.5)) == 0.5
    assert utils.get_float_tuple([1, te.const(2)]) == (1.0, 2.0)
    assert utils.equal_const_int(te.const(3), 3)
    assert not utils.equal_const_int(te.var("n"), 3)
    assert utils.ceil_div(7, 2) == 4
    assert utils.get_max_power2_factor(48) == 16
    assert utils.get_max_power2_factor(48, 6) == 4
