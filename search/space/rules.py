"""The rules of a space, in their order, and how a user changes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from autosched.errors import ArgumentError
from autosched.search.space.rule import Rule


@cache
def ours() -> tuple[Rule, ...]:
    """The rules of autosched, loaded when they are asked for."""
    from autosched.search.space.chain import ContractionChain
    from autosched.search.space.planes import PlaneBlocks
    from autosched.search.space.skinny_rule import SkinnyContraction
    from autosched.search.space.stencils import StencilBlocks
    from autosched.search.space.tiled import TiledContraction
    from autosched.search.space.winograd import WinogradConvolution

    return (
        ContractionChain(),
        SkinnyContraction(),
        TiledContraction(),
        WinogradConvolution(),
        PlaneBlocks(),
        StencilBlocks(),
    )


class Rules:
    """A list of rules with names; those of autosched until a user changes it."""

    def __init__(self) -> None:
        self._changed: list[Rule] | None = None

    @property
    def is_changed(self) -> bool:
        """Whether the rules are others than those of autosched."""
        return self._changed is not None

    @property
    def listed(self) -> Sequence[Rule]:
        """The rules, those first whose proposals are the better guess."""
        if self._changed is not None:
            return tuple(self._changed)
        return ours()

    def add(self, rule: Rule, before: str | None = None) -> None:
        """Add a rule before the one of a name, or at the end.

        Raises ArgumentError if a rule has its name already.
        """
        found = list(self.listed)
        if any(each.name == rule.name for each in found):
            raise ArgumentError(
                f"expected a rule of another name than {self._names()}, got {rule.name}",
                hint="replace puts a rule in the place of another",
            )
        found.insert(len(found) if before is None else self._place(before), rule)
        self._changed = found

    def replace(self, name: str, rule: Rule) -> None:
        """Put a rule in the place of another. Raises ArgumentError if there is none of the name."""
        found = list(self.listed)
        found[self._place(name)] = rule
        self._changed = found

    def remove(self, name: str) -> None:
        """Remove a rule. Raises ArgumentError if there is none of the name."""
        found = list(self.listed)
        del found[self._place(name)]
        self._changed = found

    def reset(self) -> None:
        """Take the rules of autosched again."""
        self._changed = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Take back at the end of a `with` what was changed inside of it."""
        before = self._changed
        try:
            yield
        finally:
            self._changed = before

    def _place(self, name: str) -> int:
        for place, rule in enumerate(self.listed):
            if rule.name == name:
                return place
        raise ArgumentError(f"expected one of the rules {self._names()}, got {name}")

    def _names(self) -> str:
        return ", ".join(rule.name for rule in self.listed)


RULES = Rules()
"""The rules that spaces are made by in this process."""
