"""The expected gain of a task."""

import pytest

from autosched.search.gains import OUTLOOK, TRUST, expected_gain


def test_nothing_is_expected_where_nothing_works() -> None:
    assert expected_gain([], 16) == 0.0
    assert expected_gain([float("inf")] * 8, 16) == 0.0


def test_without_gains_the_outlook_is_left() -> None:
    gain = expected_gain([5.0] * 16, 16)
    assert gain == pytest.approx((1 - TRUST) * (OUTLOOK / 16 - OUTLOOK / 32))


def test_the_gain_falls_with_the_trials() -> None:
    gains = [expected_gain([5.0] * count, 16) for count in (1, 8, 16, 64, 256)]
    assert gains == sorted(gains, reverse=True)
    assert gains[-1] > 0


def test_what_improves_is_expected_to_go_on() -> None:
    falling = [100.0 / n for n in range(1, 33)]
    assert expected_gain(falling, 16) > 4 * expected_gain([5.0] * 32, 16)


def test_what_improved_long_ago_does_not_count() -> None:
    assert expected_gain([9.0, 5.0, *[6.0] * 30], 16) == expected_gain([5.0] * 32, 16)


def test_a_first_time_is_no_gain() -> None:
    failed = [float("inf")] * 8
    assert expected_gain([*failed, *[5.0] * 8], 16) == expected_gain([5.0] * 16, 16)


def test_what_a_similar_task_has_reached_is_expected() -> None:
    times = [10.0] * 16
    alone = expected_gain(times, 16)
    assert expected_gain(times, 16, 10.0) == expected_gain(times, 16, 12.0) == alone
    assert expected_gain(times, 16, 8.0) == pytest.approx(alone + (1 - TRUST) * 0.2 / 2)
