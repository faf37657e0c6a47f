"""The machine code of a kernel as data, from which any process makes the kernel."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.runtime.signature import Signature

PREPARE_SUFFIX = "_prepare"


@dataclass(frozen=True, eq=False)
class MachineCode:
    """An object file that exports the C functions of `signature` under its name.

    The function that packs constants has `PREPARE_SUFFIX` behind the name. `release` is the
    function that frees the working memory which the kernel keeps between calls, without one "".
    """

    signature: Signature
    file: bytes
    release: str = ""

    @property
    def prepare(self) -> str:
        """The function that packs the constants, where there are `packed` ones."""
        return self.signature.name + PREPARE_SUFFIX
