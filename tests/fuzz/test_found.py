"""Random cases that once went wrong, by the seed that draws them."""

import pytest

from tests.fuzz.agreement import compiled
from tests.fuzz.expressions import FAMILIES
from tests.fuzz.test_schedules import HOST, random_case


@pytest.mark.parametrize(("family", "seed"), [("several", 1595), ("tuples", 26438372)])
def test_a_case_once_wrong_is_right(family: str, seed: int) -> None:
    number = [each.__name__ for each in FAMILIES].index(family)
    compiled([random_case(number, seed, "found", HOST)], HOST, 1)
