"""The options and the state of an LLVM module during emission."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autosched.codegen.llvm.state.facts import Facts
from autosched.codegen.llvm.state.forms import Forms, operands_of, roots_of
from autosched.codegen.llvm.text.module import ModuleText
from autosched.ir.expr import Buffer, Select
from autosched.ir.node_types import TypeTable
from autosched.ir.sharing import Sharing
from autosched.ir.stmt import Stmt
from autosched.ir.traverse import is_small, own_exprs
from autosched.target.target import Target


@dataclass(frozen=True)
class CodegenOptions:
    """Settings of the code of one module.

    `threads` is the number of threads of a parallel loop: 0 for one for each core of the target,
    1 for the caller alone. `memory_bytes` is the memory of the machine, 0 if unknown: code that
    needs a larger buffer is refused. Code that `is_whole` has the functions for working memory,
    which are in this process for other code. With `few_passes` LLVM does little for code that runs
    once, whatever its loops are. The last `aligned` parameters are working memory of the caller.
    """

    threads: int = 1
    memory_bytes: int = 0
    is_whole: bool = False
    few_passes: bool = False
    aligned: int = 0


FAST = "reassoc nsz arcp contract afn"
"""The flags of "fast" math; NaN and infinity keep their meaning."""

DEEP = 50
"""Nested operations above which expressions are emitted without recursion."""


class ModuleState(ModuleText):
    """The state that the functions of one LLVM module share."""

    def __init__(
        self,
        target: Target,
        options: CodegenOptions,
        table: TypeTable[Callable[..., Any]],
        steps: dict[type, Callable[..., Any]],
    ) -> None:
        super().__init__(FAST if target.math == "fast" else "")
        self.target = target
        self.options = options
        self.table = table
        self.steps = steps
        """Handlers of expressions with branches, as generators, which can nest deeply."""
        self.facts = Facts()
        self.forms: Forms = {}
        self._epochs = 0
        self._sharing: dict[Stmt, Sharing | None] = {}
        self.alignment = target.cache_line_bytes
        """Bytes that storage is aligned to, and of the header of a workspace's block."""
        self.slots: list[str] = []
        """The globals that hold blocks of working memory."""
        self.threads = options.threads or target.threads
        self.crowded: dict[Stmt, bool] = {}
        """Whether steps of a loop read what they share anew; see `memory.reload`."""
        self.at_once: dict[tuple[Stmt, int], Callable[..., None] | None] = {}
        """What emits all steps of an unrolled loop together; see `loops.statements`."""
        self.paddings: dict[Select, Any] = {}
        """What `memory.padding` finds in a choice."""
        self.widths: dict[Buffer, set[int]] = {}
        """For how many lanes scalars of buffers are repeated, if LLVM runs few passes."""
        self.is_laid_out = False
        """Whether LLVM runs few passes on the module; see `loops.laid_out`."""

    def next_epoch(self) -> int:
        """Return a number that no form of this module has seen."""
        self._epochs += 1
        return self._epochs

    def sharing(self, stmt: Stmt) -> Sharing | None:
        """Return the nodes that the expressions of a statement share; None if they are small."""
        if stmt not in self._sharing:
            self._sharing[stmt] = None if is_small(own_exprs(stmt)) else self._shared(stmt)
        return self._sharing[stmt]

    def _shared(self, stmt: Stmt) -> Sharing | None:
        facts = self.facts
        found = Sharing(
            roots_of(stmt, self.forms),
            facts.is_guard,
            lambda expr: not facts.reads_memory(expr),
            lambda expr: operands_of(expr, self.forms),
        )
        return found if found.shared or found.height > DEEP else None
