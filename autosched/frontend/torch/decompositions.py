"""PyTorch's own decompositions, but for the operators that have a converter here, and ours."""

from __future__ import annotations

from typing import Any

import autosched.frontend.torch.operators  # noqa: F401  they fill the table
from autosched.frontend.torch.node import converter_of
from autosched.frontend.torch.spelled import spelled
from autosched.frontend.torch.tensors import torch_package


def for_export() -> Any:
    """The table for `ExportedProgram.run_decompositions`."""
    torch_package()
    from torch.export import default_decompositions

    table = default_decompositions()
    for target in list(table):
        if converter_of(target) is not None:
            table.pop(target)
    table.update(spelled())
    return table


def for_aot() -> dict[Any, Any]:
    """The table for AOTAutograd, which takes composite operators apart before."""
    torch_package()
    from torch._decomp import core_aten_decompositions

    table = core_aten_decompositions()
    kept = {target: how for target, how in table.items() if converter_of(target) is None}
    return kept | spelled()
