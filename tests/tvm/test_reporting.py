from autosched.measure.outcome import Outcome
from autosched.tvm.reporting import ReportingMeasurer
from tests.measure.replay import ReplayMeasurer


def test_batches_are_passed_on_once_and_comparisons_are_not() -> None:
    heard: list[tuple[list[str], list[Outcome]]] = []
    done = Outcome("ok", "", (1.0,))
    measurer = ReportingMeasurer(
        ReplayMeasurer(lambda workload, trace: done),
        lambda traces, outcomes: heard.append((list(traces), list(outcomes))),
    )
    assert measurer.measure("w", ["a", "b"]) == [done, done]
    assert measurer.compare("w", ["a"]) == [done]
    assert heard == [(["a", "b"], [done, done])]
