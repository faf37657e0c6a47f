"""Files of StableHLO text become graphs, and are told where they are broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import autosched
from autosched.errors import GraphError

jax = pytest.importorskip("jax")

from tests.frontend.stablehlo.test_importer import exported, floats  # noqa: E402  after the skip


def test_a_file_of_text_whose_arguments_have_names(tmp_path: Path) -> None:
    path = tmp_path / "half.mlir"
    path.write_text(exported(lambda value: value * 0.5, floats(3)).mlir_module())
    model = autosched.compile(path, threads=1)
    assert list(model.inputs) == ["value"]
    assert model.run({"value": np.ones(3, np.float32)})[0].tolist() == [0.5] * 3


@pytest.mark.parametrize("text", ["", "module {", "not a program", "module {}"])
def test_broken_text_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.mlir"
    path.write_text(text)
    with pytest.raises(GraphError, match="expected"):
        autosched.compile(path)
