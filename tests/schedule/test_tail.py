"""Tail policies: each is described, and the properties that others ask for agree."""

from __future__ import annotations

import pytest

from autosched.errors import NotOfferedError
from autosched.schedule import create_schedule
from autosched.schedule.tail import TAILS, USE_EXACT, Tail
from tests.schedule.nests import copy, refuses, rowsum

policies = pytest.mark.parametrize("tail", TAILS.values(), ids=list(TAILS))


def test_the_policies_differ_in_what_they_do() -> None:
    assert list(TAILS) == ["guard", "shift", "pad", "partition"]
    known = {(tail.moves_back, tail.runs_over, tail.has_own_code) for tail in TAILS.values()}
    assert len(known) == len({tail.meaning for tail in TAILS.values()}) == len(TAILS)


def test_what_is_derived() -> None:
    whole = [name for name, tail in TAILS.items() if tail.computes_whole_tiles]
    checked = [name for name, tail in TAILS.items() if tail.checks_all_tiles]
    assert whole == ["shift", "pad"]
    assert checked == ["guard"]
    assert USE_EXACT == 'tail="guard" or tail="partition"'


@policies
def test_a_hint_describes_every_policy(tail: Tail) -> None:
    s = create_schedule(B := copy())
    with pytest.raises(NotOfferedError) as refused:
        s[B].split(B.op.axis[0], 8, disable_predication=True)
    assert f'tail="{tail.name}": {tail.meaning}' in str(refused.value)


@policies
def test_whole_tiles_are_for_data_axes_only(tail: Tail) -> None:
    s = create_schedule(B := rowsum())
    k = B.op.reduce_axis[0]
    if tail.computes_whole_tiles:
        refuses(s, lambda: s[B].split(k, 3, tail=tail.name), "the reduce axis k", USE_EXACT)
    else:
        s[B].split(k, 3, tail=tail.name)


def test_an_unknown_policy_names_all() -> None:
    s = create_schedule(B := copy())
    known = "one of 'guard', 'shift', 'pad', 'partition'"
    refuses(s, lambda: s[B].split(B.op.axis[0], 8, tail="wrap"), known, "'wrap'")
