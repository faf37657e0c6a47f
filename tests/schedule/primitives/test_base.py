"""What all primitives have in common."""

from dataclasses import fields

import pytest

from autosched.schedule import Schedule, Stage
from autosched.schedule.primitives import PRIMITIVES


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_primitive_is_a_method_of_a_stage_or_of_a_schedule(name: str) -> None:
    assert hasattr(Stage, name) != hasattr(Schedule, name)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_the_arguments_and_the_sizes_are_fields(name: str) -> None:
    kind = PRIMITIVES[name]
    names = [field.name for field in fields(kind)]
    assert list(kind.arguments) == names
    assert set(kind.sizes) <= set(names)
