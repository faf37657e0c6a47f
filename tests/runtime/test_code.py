"""Machine code survives as bytes."""

from __future__ import annotations

import pytest

from autosched.runtime.code import MachineCode, there
from autosched.runtime.signature import IndexCheck, Param, Signature


@pytest.mark.parametrize("others", [(), (b"\n\x00",), (b"a\n", b"", b"\x00bc")])
def test_code_survives_as_bytes(others: tuple[bytes, ...]) -> None:
    signature = Signature(
        "k",
        (Param("x", "float32", (4, "n")), Param("y", "int8", (), True)),
        sizes=("n",),
        constants=("x",),
        packed=(Param("p", "float32", (2, 2)),),
        bindable=("x",),
        checks=(IndexCheck("x", 1, "n"), IndexCheck("y", 0, 7)),
    )
    code = MachineCode(signature, there(b"\x00\n{}\xff\n"), ("k.release",), others)
    again = MachineCode.from_bytes(code.to_bytes())
    assert (again.signature, again.files) == (signature, code.files)
    assert (again.file, again.releases) == (code.file, code.releases)
    assert again.prepare == "k_prepare"
