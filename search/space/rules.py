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
    from autosched.search.space.scatter import ScatteredReduction
    from autosched.search.space.skinny_rule import SkinnyContraction
    from autosched.search.space.stencils import StencilBlocks
    from autosched.search.space.tiled import TiledContraction
    from autosched.search.space.winograd import WinogradConvolution

    return (
        ScatteredReduction(),
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
        _check(rule, found)
        found.insert(len(found) if before is None else self._place(before), rule)
        self._changed = found

    def replace(self, name: str, rule: Rule) -> None:
        """Put a rule in the place of another.

        Raises ArgumentError if there is none of the name, or a third one has the rule's name.
        """
        found = list(self.listed)
        place = self._place(name)
        _check(rule, [*found[:place], *found[place + 1 :]])
        found[place] = rule
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
        names = _names(self.listed)
        raise ArgumentError(f"expected one of the rules {names}, got {name}")


def _check(rule: Rule, others: Sequence[Rule]) -> None:
    """Check that `rule` is one, with a name that no other has."""
    if not isinstance(rule, Rule) or not isinstance(getattr(rule, "name", None), str):
        raise ArgumentError(
            f"expected an instance of Rule with a name, got {rule!r}",
            hint="a rule is a class that inherits Rule; give an object of it, as in SplitSum()",
        )
    if any(each.name == rule.name for each in others):
        raise ArgumentError(
            f"expected a rule of another name than {_names(others)}, got {rule.name}",
            hint="replace puts a rule in the place of another",
        )


def _names(rules: Sequence[Rule]) -> str:
    return ", ".join(rule.name for rule in rules)


RULES = Rules()
"""The rules that spaces are made by in this process."""
