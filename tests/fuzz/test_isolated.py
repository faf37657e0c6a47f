"""What another process does, raises, or does not survive."""

import os
import signal

import pytest

from tests.fuzz.isolated import isolated


def _check(number: int) -> None:
    if number > 9:
        os.kill(os.getpid(), signal.SIGSEGV)
    assert number < 5, f"{number} is large"


def test_errors_come_back_and_an_end_is_told() -> None:
    isolated(_check, 1)
    with pytest.raises(AssertionError, match="6 is large"):
        isolated(_check, 6)
    with pytest.raises(AssertionError, match=r"_check\(10,\) ended its process"):
        isolated(_check, 10)
    isolated(_check, 2)
