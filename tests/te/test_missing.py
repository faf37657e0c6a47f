"""Names of TVM that are not offered raise an error."""

import pytest

from autosched import te
from autosched.errors import NotOfferedError


@pytest.mark.parametrize(
    "name",
    [
        "extern_primfunc",
        "tag_scope",
    ],
)
def test_calling_a_missing_name_raises(name):
    with pytest.raises(NotOfferedError, match=rf"te\.{name}, which is not offered yet"):
        getattr(te, name)()


def test_an_attribute_of_a_missing_name_raises():
    with pytest.raises(NotOfferedError, match=r"te\.extern_primfunc"):
        _ = te.extern_primfunc.script


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'plaecholder'"):
        _ = te.plaecholder


def test_every_listed_name_exists():
    assert [name for name in te.__all__ if not hasattr(te, name)] == []


def test_create_schedule_is_the_schedules():
    from autosched.schedule import create_schedule

    assert te.create_schedule is create_schedule
