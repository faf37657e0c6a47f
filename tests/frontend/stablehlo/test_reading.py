"""Files of StableHLO that are no text are told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosched.errors import GraphError
from autosched.frontend.stablehlo.reading import text_of


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ML\xefR\x03StableHLO_v1.0\x00", "StableHLO text, got MLIR bytecode"),
        (b"\xff\xfe", "readable file of StableHLO text"),
    ],
)
def test_files_that_are_no_text(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.mlir"
    path.write_bytes(data)
    with pytest.raises(GraphError, match=message):
        text_of(path)
