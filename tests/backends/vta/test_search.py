"""Searching schedules for an accelerator."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

import autosched
from autosched.backends.vta.backend import VtaBackend
from autosched.backends.vta.kernel import VtaKernel, interface_of
from autosched.backends.vta.measure.measurer import SimulatingMeasurer
from autosched.backends.vta.packed import PackedWorkload
from autosched.backends.vta.target import VtaTarget
from autosched.errors import LoweringError, WorkloadError
from autosched.measure.outcome import Outcome
from autosched.ops.resolve import resolve
from autosched.search.choice import choose
from autosched.search.events import Event, FinalistsBegun
from autosched.search.kernels import build_chosen
from autosched.search.result import TuneResult
from autosched.search.strategies.evolutionary import EvolutionaryStrategy
from autosched.search.task import Task
from autosched.search.tuner import Tuner
from autosched.tuning_logs import MemoryStore, Store
from tests.backends.vta.tasks import conv_task


def run(store: Store, workers: int, trials: int = 12) -> tuple[TuneResult, list[Event]]:
    events: list[Event] = []
    task = conv_task()
    with SimulatingMeasurer(str(task.backend), workers) as measurer:
        tuner = Tuner(
            task, measurer, store, EvolutionaryStrategy(), seed=5, on_event=events.append, batch=5
        )
        return tuner.run(trials), events


@pytest.fixture(scope="module")
def tuned() -> tuple[Store, TuneResult, list[Event]]:
    store = MemoryStore()
    return (store, *run(store, 2))


def test_it_finds_what_takes_least_cycles(tuned: tuple[Store, TuneResult, list[Event]]) -> None:
    _, result, events = tuned
    assert result.trials == 12
    assert result.threads == 1
    assert result.best is not None
    assert result.time_ns == min(result.curve)
    assert len(result.best.times_ns) == 1
    assert not any(isinstance(event, FinalistsBegun) for event in events)


class Doubtful(SimulatingMeasurer):
    """Finds something wrong with the first finalist."""

    finalists: list[str]

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        self.finalists += candidates
        if len(self.finalists) == 1:
            return [Outcome("wrong_result", "not the same everywhere")]
        return super().compare(workload, candidates, rounds)


def test_the_best_is_looked_at_more_closely(tuned: tuple[Store, TuneResult, list[Event]]) -> None:
    task, store = conv_task(), MemoryStore()
    with Doubtful(str(task.backend), 1) as measurer:
        measurer.finalists = []
        result = Tuner(task, measurer, store, EvolutionaryStrategy(), seed=5, batch=5).run(12)
        first, second = measurer.finalists
    assert result.best is not None
    assert result.best.trace == second
    assert min(result.curve) == result.time_ns
    (refused,) = [trial for trial in store.trials() if trial.trace == first]
    assert (refused.outcome, refused.reason) == ("wrong_result", "not the same everywhere")
    assert [t.trace for t in tuned[0].top(task.key, str(task.backend), 2)] == [first, second]


def test_one_worker_makes_the_same_database(tuned: tuple[Store, TuneResult, list[Event]]) -> None:
    alone = MemoryStore()
    run(alone, 1)

    def rows(store: Store) -> list[tuple[object, ...]]:
        return [
            (t.workload, t.target, t.threads, t.trace, t.outcome, t.reason, t.times_ns)
            for t in store.trials()
        ]

    assert rows(alone) == rows(tuned[0])


def test_what_is_tuned_is_chosen_and_built(tuned: tuple[Store, TuneResult, list[Event]]) -> None:
    store, result, _ = tuned
    choice = choose(conv_task(), store)
    assert choice.origin == "tuned"
    kernel = build_chosen(conv_task(), choice)
    assert isinstance(kernel, VtaKernel)
    assert kernel.schedule == "tuned"
    assert kernel.cycles.total * 10.0 == result.time_ns


def test_relatives_lend_what_fits(tuned: tuple[Store, TuneResult, list[Event]]) -> None:
    smaller, larger = choose(conv_task(12), tuned[0]), choose(conv_task(30), MemoryStore())
    assert (smaller.origin, larger.origin) == ("nearest", "default")
    for task, choice in ((conv_task(12), smaller), (conv_task(30), larger)):
        assert build_chosen(task, choice).schedule == choice.origin


def test_untuned_layers_get_the_best_guess_of_the_sketches() -> None:
    instance = resolve("conv2d_int8", {"ci": 64, "h": 14, "w": 14, "co": 64, "padding": 1})
    task = Task.of(instance, VtaBackend(VtaTarget()))
    first, fixed = task.sketches[0], task.sketches[-1]
    choice = choose(task, None)
    assert choice.origin == "default"
    assert tuple(choice.schedule.trace) == tuple(first.bind(first.default))
    assert tuple(choice.schedule.trace) != fixed.steps


def test_a_best_guess_without_room_gives_way_to_the_default_schedule() -> None:
    # Inputs are few here, and estimates of the room they need are low.
    instance = resolve("avg_pool2d_int8", {"c": 32, "h": 14, "w": 14, "k": 2, "stride": 2})
    task = Task.of(instance, VtaBackend(VtaTarget("1x16_i8w8a32_15_9_12_17")))
    choice = choose(task, None)
    assert len(task.sketches) > 1
    assert tuple(choice.schedule.trace) == task.sketches[-1].steps


def test_sketches_are_there_without_a_default_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: object) -> None:
        raise LoweringError("expected room, got none")

    monkeypatch.setattr("autosched.backends.vta.schedules.default_schedule", refused)
    instance = resolve("relu_int8", {"c": 16, "h": 8, "w": 8})
    assert Task.of(instance, VtaBackend(VtaTarget())).sketches
    no_room = Task.of(
        resolve("max_pool2d_int8", {"c": 1, "h": 50, "w": 50, "k": 50}), VtaBackend(VtaTarget())
    )
    with pytest.raises(LoweringError, match="expected room, got none"):
        _ = no_room.sketches


def test_tasks_are_packed_for_the_target() -> None:
    instance = resolve("conv2d_int8", {"ci": 20, "h": 4, "w": 4, "co": 24})
    task = Task.of(instance, VtaBackend(VtaTarget()))
    batches = Task.of(instance, VtaBackend(VtaTarget("4x8_i8w8a32_15_15_18_17")))
    assert task.is_deterministic
    assert task.threads == 1
    assert task.target_record.text == str(VtaTarget())
    assert task.backend.host_cpu
    assert len({task.key, batches.key, instance.key}) == 3
    assert task.record.params.startswith('{"bias": false, "ci": 20')
    assert task.key == Task.of(instance, VtaBackend(VtaTarget(preset="pynq"))).key


def test_arguments_come_in_any_order() -> None:
    form = Task.of(resolve("matmul_int8", {"m": 3, "n": 5, "k": 7}), VtaBackend(VtaTarget())).form
    assert isinstance(form, PackedWorkload)
    a, b, c = form.instance.tensors
    x, y = form.instance.make_inputs()
    turned = interface_of(form, [c, b, a])
    straight = interface_of(form).pack([x, y])
    assert [each.tobytes() for each in turned.pack([y, x])] == [e.tobytes() for e in straight]
    with pytest.raises(Exception, match=r"expected the tensors of matmul_int8 .* got B"):
        interface_of(form, [b])


def test_sizes_of_what_has_none_are_refused() -> None:
    with pytest.raises(WorkloadError, match=r"the sizes of relu_int8 \(none\), got m"):
        autosched.build("relu_int8", c=16, h=8, w=8, target="vta", sizes={"m": 3})
