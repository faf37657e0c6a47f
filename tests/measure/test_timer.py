"""The number of calls of a kernel, with a simulated clock."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autosched.measure.native_loop import NativeRunner
from autosched.measure.options import TimingPlan
from autosched.measure.timer import interleave, python_runner, time_adaptively, warmed
from tests.runtime.kernels import engine_for

PLAN = TimingPlan()


class Fake:
    """A kernel that takes `time_ns`, and records its calls."""

    def __init__(self, time_ns: float | Callable[[int], float]):
        self.time_ns = time_ns
        self.calls: list[int] = []

    def __call__(self, calls: int) -> float:
        self.calls.append(calls)
        each = self.time_ns(len(self.calls)) if callable(self.time_ns) else self.time_ns
        return calls * each


@pytest.mark.parametrize("time_ns", [0.5, 30.0, 1e3, 4e5, 1e7, 1e9])
def test_the_time_of_a_steady_kernel(time_ns: float) -> None:
    timing = time_adaptively(Fake(time_ns), PLAN)
    assert timing.times_ns == pytest.approx([time_ns] * len(timing.times_ns))
    assert not timing.stopped_early


def test_a_repeat_lasts_long_enough() -> None:
    fake = Fake(1000.0)
    time_adaptively(fake, PLAN)
    assert fake.calls[-1] * 1000.0 >= PLAN.repeat_ns


def test_a_steady_kernel_takes_the_fewest_repeats() -> None:
    assert len(time_adaptively(Fake(1e4), PLAN).times_ns) == PLAN.min_repeats


def test_one_repeat_may_be_enough() -> None:
    assert len(time_adaptively(Fake(1e4), TimingPlan(min_repeats=1)).times_ns) == 1


def test_a_disturbed_repeat_needs_no_others() -> None:
    disturbed = Fake(lambda number: 1e4 * (3 if number == 5 else 1))
    times = time_adaptively(disturbed, PLAN).times_ns
    assert len(times) == PLAN.min_repeats
    assert max(times) == 3e4


def test_a_noisy_kernel_takes_more_within_the_budget() -> None:
    noisy = Fake(lambda number: 1e4 * (1 + 0.05 * (number % 5)))
    times = time_adaptively(noisy, PLAN).times_ns
    assert PLAN.min_repeats < len(times) <= PLAN.max_repeats
    spent = sum(times) * noisy.calls[-1]
    assert spent < PLAN.budget_ns + 2 * PLAN.repeat_ns


def test_a_kernel_of_seconds_runs_once() -> None:
    fake = Fake(2e9)
    assert len(time_adaptively(fake, PLAN).times_ns) == 1
    assert fake.calls == [1]


def test_the_estimate_of_a_long_kernel_is_a_repeat() -> None:
    fake = Fake(3e6)
    assert time_adaptively(fake, PLAN).times_ns == (3e6, 3e6)
    assert fake.calls == [1, 1]


def test_a_hopeless_kernel_is_estimated_twice() -> None:
    fake = Fake(4e6)
    timing = time_adaptively(fake, PLAN, best_ns=1e6)
    assert timing.stopped_early
    assert timing.times_ns == (4e6,)
    assert fake.calls == [1, 1]


def test_a_kernel_with_a_hopeless_cold_call_is_not_run_again() -> None:
    fake = Fake(1e5)
    timing = time_adaptively(fake, PLAN, best_ns=1e5, first_ns=2e6)
    assert timing.stopped_early
    assert timing.times_ns == (2e6,)
    assert not fake.calls
    assert not time_adaptively(fake, PLAN, best_ns=1e5, first_ns=1e6).stopped_early
    assert not time_adaptively(fake, PLAN, first_ns=1e12).stopped_early


def test_long_calls_are_enough_when_two_agree() -> None:
    slow_at_first = Fake(lambda number: 2e6 * (1.1 if number == 1 else 1))
    assert time_adaptively(slow_at_first, PLAN).times_ns == (2.2e6, 2e6, 2e6)


def test_repeats_of_a_kernel_behind_the_best_need_not_agree() -> None:
    noisy = Fake(lambda number: 1e4 * (1 + 0.05 * (number % 5)))
    timing = time_adaptively(noisy, PLAN, best_ns=0.8e4)
    assert timing.stopped_early
    assert len(timing.times_ns) == 2
    assert not time_adaptively(noisy, PLAN, best_ns=1e4).stopped_early


def test_a_worse_kernel_stops_after_one_repeat() -> None:
    timing = time_adaptively(Fake(2e5), PLAN, best_ns=1e5)
    assert timing.stopped_early
    assert len(timing.times_ns) == 1


def test_one_slow_repeat_does_not_stop_a_good_kernel() -> None:
    stumbles = Fake(lambda number: 1e6 if number == 3 else 1e5)
    timing = time_adaptively(stumbles, PLAN, best_ns=1e5)
    assert not timing.stopped_early
    assert 1e6 in timing.times_ns


def test_kernels_are_run_in_turn() -> None:
    order: list[str] = []

    def kernel(name: str, time_ns: float) -> Callable[[int], float]:
        def run(calls: int) -> float:
            order.append(name)
            return calls * time_ns

        return run

    times = interleave([kernel("a", 3e6), kernel("b", 2e6)], rounds=3)
    assert times == [(3e6,) * 3, (2e6,) * 3]
    assert order[-6:] == ["a", "b"] * 3


def test_a_kernel_is_warmed_before_several_calls() -> None:
    kernel = Fake(1e5)
    run = warmed(kernel)
    assert (run(1), run(10)) == (1e5, 1e6)
    assert kernel.calls == [1, 1, 10]


def test_kernels_in_turn_have_turns_until_their_least_times_agree() -> None:
    steady, unsteady = Fake(1e7), Fake(lambda call: 1e7 * 1.1**-call)
    first, second = interleave([steady, unsteady], rounds=5, plan=PLAN)
    assert (len(first), len(second)) == (3, 5)


def test_a_python_callable_is_called_the_requested_times() -> None:
    calls: list[None] = []
    assert python_runner(lambda: calls.append(None))(7) > 0
    assert len(calls) == 7


@pytest.mark.parametrize("count", [0, 1, 4, 9])
def test_the_native_loop_passes_every_word(count: int) -> None:
    """The kernel adds word i, shifted left by i, to the value at the first word."""
    names = [f"i64 %w{i}" for i in range(1, count)]
    body = "".join(
        f"  %s{i} = shl i64 %w{i}, {i}\n  %a{i} = add i64 %a{i - 1}, %s{i}\n"
        for i in range(1, count)
    )
    if count == 0:
        text = "define void @f() {\n  ret void\n}\n"
    else:
        text = (
            f"define void @f({', '.join(['ptr %out', *names])}) {{\n"
            f"  %a0 = load i64, ptr %out\n{body}"
            f"  store i64 %a{count - 1}, ptr %out\n  ret void\n}}\n"
        )
    engine = engine_for(text)
    out = np.zeros(1, np.int64)
    words = [out.ctypes.data, *range(1, count)][:count]
    run = NativeRunner(engine.get_function_address("f"), words, keepalive=(engine, out))
    assert run(5) > 0
    assert out[0] == 5 * sum(i << i for i in range(1, count))


def test_own_time_excludes_waiting() -> None:
    engine = engine_for(
        "declare i32 @usleep(i32)\n"
        "define void @f() {\n  %r = call i32 @usleep(i32 50000)\n  ret void\n}\n"
    )
    address = engine.get_function_address("f")
    assert NativeRunner(address, [], engine)(1) >= 50e6
    assert 0 < NativeRunner(address, [], engine, own_time=True)(1) < 50e6
