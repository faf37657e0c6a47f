"""Linking by the C compiler."""

import pytest

from autosched.errors import TargetError
from autosched.tvm.contrib import cc


def test_what_cannot_be_linked(tmp_path, monkeypatch) -> None:
    if cc.get_cc() is not None:
        with pytest.raises(TargetError, match="to link"):
            cc.create_shared(str(tmp_path / "a.so"), [str(tmp_path / "missing.o")])
    monkeypatch.setattr(cc, "get_cc", lambda: None)
    with pytest.raises(TargetError, match="expected a C compiler"):
        cc.create_shared(str(tmp_path / "a.so"), [])
