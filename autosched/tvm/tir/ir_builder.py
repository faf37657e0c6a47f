"""Puts statements together, as the bodies of tensor intrinsics and of `te.extern` do."""

from __future__ import annotations

from typing import NoReturn

from autosched.errors import not_offered
from autosched.ir.stmt import Stmt, block


class IRBuilder:
    """A list of statements."""

    def __init__(self) -> None:
        self._stmts: list[Stmt] = []

    def emit(self, stmt: Stmt) -> None:
        """Append a statement."""
        self._stmts.append(stmt)

    def get(self) -> Stmt:
        """Return the statements as one."""
        return block(*self._stmts)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise not_offered(f"ir_builder.{name}")


create = IRBuilder
