import pytest

from autosched.errors import ArgumentError, NotOfferedError
from autosched.tvm import rpc


def test_a_session_is_this_machine() -> None:
    remote = rpc.LocalSession()
    assert (remote.ext_dev(0).device_type, remote.cpu(1).device_id) == (12, 1)
    with pytest.raises(ArgumentError, match=r"expected an uploaded file \(none\), got 'a.o'"):
        remote.load_module("a.o")
    with pytest.raises(NotOfferedError):
        rpc.connect("host", 9091)
