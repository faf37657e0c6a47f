"""What every test of a pass asks."""

from __future__ import annotations

from textwrap import dedent

from autosched.ir.stmt import Function
from autosched.lowering.lower import lower
from autosched.passes import pipeline
from autosched.schedule import Schedule
from autosched.target.target import Target
from tests.lowering.nests import arguments

V4 = Target("cpu", "x86-64", "", 128, 1, 1 << 15, 1 << 20, 1 << 24, "x86_64-unknown-linux-gnu")
"""A machine with four lanes of float32, so that nests stay short."""


def after(s: Schedule, name: str) -> Function:
    """The nest of a schedule after the pass of that name, verified after each."""
    return pipeline.trace(lower(s, arguments(s)), V4, after=name, check=True)[-1].function


def golden(s: Schedule, name: str, text: str) -> None:
    """The body of the nest after the pass of that name is `text`."""
    assert str(after(s, name).body) == dedent(text).strip("\n")
