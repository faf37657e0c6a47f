import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.errors import (
    ArgumentError,
    AutoschedError,
    DatabaseError,
    MeasureError,
    ScheduleError,
    TargetError,
    WorkloadError,
)
from autosched.measure.outcome import Outcome
from autosched.search.events import Event, Finished, TrialDone
from autosched.tuning_logs import MemoryStore, open_store
from tests.measure.replay import ReplayMeasurer


def matmul(n: int = 48) -> list[te.Tensor]:
    A = te.placeholder((n, 32), name="A")
    B = te.placeholder((32, n), name="B")
    k = te.reduce_axis((0, 32), name="k")
    return [A, B, te.compute((n, n), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name="C")]


def check(kernel: object, n: int = 48) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((n, 32), np.float32), rng.random((32, n), np.float32)
    np.testing.assert_allclose(kernel(a, b), a @ b, rtol=1e-5)


@pytest.fixture(autouse=True)
def own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "own" / "tuning.db"
    monkeypatch.setenv("AUTOSCHED_DB", str(path))
    return path


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """A database with a few trials of a small matmul."""
    path = tmp_path_factory.mktemp("db") / "tuning.db"
    events: list[Event] = []
    result = autosched.tune(matmul(), trials=24, db=path, threads=1, on_event=events.append)
    assert result.trials == 24
    assert result.failures == {}
    return path, events


def test_what_is_tuned_is_stored_found_and_applied(
    tuned: tuple[Path, list[Event]], caplog: pytest.LogCaptureFixture
) -> None:
    path, _ = tuned
    with caplog.at_level(logging.INFO, "autosched"):
        kernel = autosched.build(matmul(), db=path, threads=1)
    assert kernel.schedule == "tuned"
    assert "tuned" in caplog.text
    check(kernel)


def test_every_trial_is_told_and_in_the_file(tuned: tuple[Path, list[Event]]) -> None:
    path, events = tuned
    done = [event for event in events if isinstance(event, TrialDone)]
    with open_store(path) as store:
        stored = list(store.trials())
        assert store.verify() == []
    assert len(done) == len(stored) == 24
    assert all(trial.predicted is not None for trial in stored[16:])


def test_other_sizes_take_the_nearest_schedule(tuned: tuple[Path, list[Event]]) -> None:
    kernel = autosched.build(matmul(96), db=tuned[0], threads=1)
    assert kernel.schedule == "nearest"
    check(kernel, 96)


def test_other_thread_counts_take_the_nearest_schedule(tuned: tuple[Path, list[Event]]) -> None:
    kernel = autosched.build(matmul(), db=tuned[0], threads=2)
    assert kernel.schedule == "nearest"
    check(kernel)


def test_kernels_for_more_threads_than_cores_are_tuned_and_called(tmp_path: Path) -> None:
    path = tmp_path / "threads.db"
    result = autosched.tune(matmul(200), trials=2, db=path, threads=5)
    assert result.failures == {}
    kernel = autosched.build(matmul(200), db=path, threads=5)
    assert kernel.schedule == "tuned"
    check(kernel, 200)


def test_a_schedule_serves_with_the_other_float_math_but_its_time_is_not_known(
    tuned: tuple[Path, list[Event]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "autosched"):
        kernel = autosched.build(matmul(), db=tuned[0], threads=1, math="fast")
    assert kernel.schedule == "nearest"
    assert "tuned with other float math" in caplog.text
    check(kernel)
    path = tmp_path / "fast.db"
    autosched.tune(matmul(), trials=1, db=path, threads=1, math="fast")
    again = autosched.build(matmul(), db=path, threads=1, target="cpu -math=fast")
    assert again.schedule == "tuned"
    assert autosched.build(matmul(), db=path, threads=1).schedule == "nearest"


def test_fast_math_is_an_option_of_a_build() -> None:
    x = te.placeholder((64,), name="x")
    y = te.compute((64,), lambda i: (x[i] + 12582912.0) - 12582912.0, name="y")
    values = np.linspace(-4, 4, 64, dtype=np.float32)
    kernel = autosched.build([x, y], threads=1)
    np.testing.assert_array_equal(kernel(values), np.rint(values))
    fast = autosched.build([x, y], threads=1, math="fast")
    np.testing.assert_array_equal(fast(values), values)
    schedule = te.create_schedule(y)
    fast = autosched.build(schedule, [x, y], threads=1, math="fast")
    np.testing.assert_array_equal(fast(values), values)


def test_nothing_known_takes_the_default(own_database: Path) -> None:
    kernel = autosched.build("matmul", m=48, n=48, k=32)
    assert kernel.schedule == "default"
    check(kernel)
    assert not own_database.exists()


def test_a_schedule_by_hand_is_built_as_it_is() -> None:
    A, B, C = matmul()
    s = te.create_schedule(C)
    s[C].tile(*C.op.axis, 8, 16)
    kernel = autosched.build(s, [A, B, C])
    assert kernel.schedule == "given"
    check(kernel)


def test_lower_gives_the_nest_after_a_pass() -> None:
    A, B, C = matmul()
    s = te.create_schedule(C)
    _, inner = s[C].split(C.op.axis[1], factor=16)
    s[C].vectorize(inner)
    before = autosched.lower(s, [A, B, C])
    after = autosched.lower(s, [A, B, C], after="vectorize")
    assert "vectorized" in str(before) or "vectorize" in str(before)
    assert str(before) != str(after)
    assert str(autosched.lower(s, [A, B, C], after=None)) != ""
    with pytest.raises(AutoschedError, match="expected a pass"):
        autosched.lower(s, [A, B, C], after="magic")


def test_a_database_answers_questions(tuned: tuple[Path, list[Event]]) -> None:
    with autosched.Database(tuned[0]) as db:
        (task,) = db.list()
        assert (task.trials, task.threads) == (24, 1)
        best = db.best(matmul(), threads=1)
        assert best is not None
        assert best.time_ns == task.best_time_ns
        assert db.best(matmul(7), threads=1) is None
        rows = db.query("SELECT count(*) FROM trials").rows
        assert rows[0][0] == 24
        A, B, C = matmul()
        kernel = autosched.build(db.apply([A, B, C], threads=1), [A, B, C])
        check(kernel)


def test_no_trials_still_answers(tmp_path: Path) -> None:
    result = autosched.tune(matmul(), trials=0, db=tmp_path / "t.db")
    assert (result.trials, result.best) == (0, None)


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (WorkloadError, lambda: autosched.tune(matmul(), strategy="luck")),
        (WorkloadError, lambda: autosched.tune(matmul(), trials=-1)),
        (WorkloadError, lambda: autosched.tune(matmul(), m=3)),
        (WorkloadError, lambda: autosched.tune("matmull")),
        (WorkloadError, lambda: autosched.tune(matmul(), seed=2**64)),
        (WorkloadError, lambda: autosched.build(matmul(), threads=-1)),
        (DatabaseError, lambda: autosched.build(matmul(), db="no/such/file.db")),
        (ScheduleError, lambda: autosched.build(te.create_schedule(matmul()[2]))),
        (AutoschedError, lambda: autosched.build(matmul(), target="abacus")),
    ],
)
def test_wrong_requests_are_refused(error: type[AutoschedError], call: object) -> None:
    with pytest.raises(error, match="expected"):
        call()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"trials": "many"}, "expected a number of trials, of 0 or more, got 'many'"),
        ({"trials": -1}, "number of trials"),
        ({"seed": -1}, "expected a seed"),
        ({"threads": "all"}, "expected a number of threads"),
        ({"time_limit": "1h"}, "expected a time limit"),
        ({"time_limit": float("nan")}, "expected a time limit"),
        ({"target": 3}, "expected a target"),
    ],
)
def test_values_that_make_no_sense_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(AutoschedError, match=message):
        autosched.tune(matmul(), **{"trials": 1, **given})


def halved() -> list[te.Tensor]:
    n = te.var("n")
    A = te.placeholder((n, 16), name="A")
    return [A, te.compute((n, 16), lambda i, j: A[i, j] * 0.5, name="B")]


def test_what_is_known_at_some_sizes_is_not_at_others(tmp_path: Path) -> None:
    path = tmp_path / "sizes.db"
    few = autosched.tune(halved(), trials=1, db=path, threads=1, sizes={"n": 3})
    many = autosched.tune(halved(), trials=1, db=path, threads=1, sizes={"n": 9000})
    assert few.trials == many.trials == 1
    assert many.time_ns > few.time_ns  # 3000 times the work
    with autosched.Database(path) as db:
        assert {task.workload.params for task in db.list()} == {'{"size n": 3}', '{"size n": 9000}'}
        assert db.best(halved(), threads=1, sizes={"n": np.int64(9000)}).time_ns == many.time_ns
        assert db.best(halved(), threads=1) is None
    origins = [
        autosched.build(halved(), db=path, threads=1, sizes=sizes).schedule
        for sizes in ({"n": 3}, {"n": 4}, None)
    ]
    assert origins == ["tuned", "nearest", "nearest"]


def test_sizes_of_values_alone_are_tuned_built_and_called(tmp_path: Path) -> None:
    A = te.placeholder((16, 8), name="A")
    W = te.placeholder((8, 16), name="W", constant=True)
    m, k = te.var("m"), te.reduce_axis((0, 8), name="k")
    B = te.compute(
        (16, 16), lambda i, j: te.sum(A[i, k] * W[k, j] * m.astype("float32"), axis=k), name="B"
    )
    path = tmp_path / "sizes.db"
    assert autosched.tune([A, W, B], trials=2, db=path, threads=1, sizes={"m": 3}).best
    a, w = np.ones((16, 8), "float32"), np.ones((8, 16), "float32")
    for kernel in (
        autosched.build([A, W, B], db=path, threads=1),
        autosched.build(te.create_schedule(B), [A, W, B]),
    ):
        np.testing.assert_array_equal(kernel(a, w, sizes={"m": 3}), 24)
        np.testing.assert_array_equal(kernel.bind(W=w)(a, sizes={"m": 4}), 32)
        with pytest.raises(ArgumentError, match="give its size m, got none"):
            kernel(a, w)


@pytest.mark.parametrize("sizes", [None, {"m": 3}, {"n": 0}, {"n": "3"}])
def test_sizes_that_make_no_sense_are_refused(sizes: dict[str, Any] | None) -> None:
    with pytest.raises(WorkloadError, match=r"expected (values of the sizes|a positive number)"):
        autosched.tune(halved(), trials=1, sizes=sizes)


def test_only_a_schedule_is_lowered() -> None:
    with pytest.raises(ScheduleError, match="expected a schedule to lower, got a list"):
        autosched.lower(matmul(), matmul())


INT8 = {"ci": 16, "h": 5, "w": 4, "co": 16, "padding": 1}


def int8_arrays() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    shapes = (1, 16, 5, 4), (16, 16, 3, 3)
    return tuple(rng.integers(-128, 128, shape, np.int8) for shape in shapes)


def test_an_accelerator_is_tuned_and_built_for_by_name(tmp_path: Path) -> None:
    path = tmp_path / "vta.db"
    result = autosched.tune("conv2d_int8", trials=1, db=path, target="vta", threads=1, **INT8)
    assert (result.trials, result.failures) == (1, {})
    kernel = autosched.build("conv2d_int8", db=path, target="vta", **INT8)
    assert kernel.schedule == "tuned"
    assert kernel.cycles.total * 10 == result.time_ns
    np.testing.assert_array_equal(
        kernel(*int8_arrays()), autosched.build("conv2d_int8", **INT8)(*int8_arrays())
    )
    with autosched.Database(path) as db:
        best = db.best("conv2d_int8", target="vta", **INT8)
        assert best is not None
        assert best.times_ns == (result.time_ns,)
        assert db.best("conv2d_int8", target="vta:pynq", **INT8) is None
        assert db.apply("conv2d_int8", target="vta", **INT8).trace


def test_an_expression_in_packed_layout_is_built_for_an_accelerator() -> None:
    A = te.placeholder((6, 1, 16), "int32", name="A")
    B = te.compute(A.shape, lambda *i: te.min(A(*i) >> 2, 127), name="B")
    C = te.compute(A.shape, lambda *i: B(*i).astype("int8"), name="C")
    kernel = autosched.build([A, B, C][::2], target="vta")
    assert kernel.schedule == "default"
    given = np.arange(-96, 0, dtype=np.int32).reshape(6, 1, 16)
    np.testing.assert_array_equal(kernel(given), (given >> 2).astype(np.int8))
    assert "local.acc_buffer" not in str(autosched.lower(te.create_schedule(C), [A, C]))
    assert str(autosched.lower(te.create_schedule(C), [A, C], target="vta"))


@pytest.mark.parametrize("target", ["vta:nowhere", "vta -config=3x16_i8w8a32_15_15_18_17", None])
def test_targets_that_make_no_sense_are_refused(target: Any) -> None:
    with pytest.raises(TargetError, match="expected"):
        autosched.build("conv2d_int8", target=target, **INT8)


def test_a_measurer_that_is_given_measures_and_stays_open() -> None:
    asked: list[str] = []

    class Measurer(ReplayMeasurer):
        def close(self) -> None:
            raise AssertionError("closed by someone else")

    def lookup(workload: str, trace: str) -> Outcome:
        asked.append(trace)
        return Outcome("ok", "", (100.0 + len(asked),))

    store = MemoryStore()
    result = autosched.tune(matmul(), trials=3, db=store, measurer=Measurer(lookup))
    assert [trial.trace for trial in store.trials()] == asked[:3]
    assert result.trials == 3


@pytest.mark.parametrize("listens", [False, True])
def test_our_own_faults_are_logged_where_nobody_listens(
    listens: bool, caplog: pytest.LogCaptureFixture
) -> None:
    measurer = ReplayMeasurer(lambda workload, trace: Outcome("internal_error", "KeyError: 1"))
    result = autosched.tune(
        matmul(),
        trials=3,
        db=MemoryStore(),
        threads=1,
        measurer=measurer,
        on_event=(lambda event: None) if listens else None,
    )
    (fault,) = result.faults
    assert (fault.kind, fault.count, fault.reason) == ("internal_error", 3, "KeyError: 1")
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(told) == (not listens)
    assert all("3 times internal_error: KeyError: 1" in text for text in told)


def test_progress_is_shown_and_logged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []
    with caplog.at_level("INFO", "autosched"):
        result = autosched.tune(
            matmul(), trials=2, db=tmp_path / "t.db", threads=1, on_event=events.append,
            progress=True,
        )  # fmt: skip
    shown = capsys.readouterr().err.splitlines()
    assert shown[-1].startswith("2/2  best ")
    assert [record.getMessage() for record in caplog.records] == [f"C: {line}" for line in shown]
    assert isinstance(events[-1], Finished)
    assert str(result).splitlines()[1].startswith("best: ")


def test_progress_is_silent_unless_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    autosched.tune(matmul(), trials=1, db=tmp_path / "t.db", threads=1)
    assert capsys.readouterr().err == ""


def gather(count: int, rows: int) -> list[Any]:
    A = te.placeholder((rows, 8), name="A")
    I = te.placeholder((count,), "int32", name="I")  # noqa: E741  as in books
    return [A, I, te.compute((count, 8), lambda i, j: A[I[i], j] + 1.0, name="B")]


def test_candidates_are_measured_on_the_inputs_that_are_given(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    result = autosched.tune(gather(16, 100), trials=3, db=path, threads=1, inputs={"I": (0, 100)})
    assert result.failures == {}
    with pytest.raises(WorkloadError, match="which are A, I, got 'J'"):
        autosched.tune(gather(16, 100), trials=1, db=path, threads=1, inputs={"J": (0, 100)})


def test_indices_are_drawn_within_the_dimension_they_index(tmp_path: Path) -> None:
    result = autosched.tune(gather(16, 100), trials=2, db=tmp_path / "t.db", threads=1)
    assert result.failures == {}
    A, I, _ = gather(16, 100)  # noqa: E741
    beyond = te.compute((16, 8), lambda i, j: A[I[i] * 2, j], name="C")
    with pytest.raises(
        MeasureError,
        match=r"in dimension 0 of A(.|\n)*give the range or the values of the inputs",
    ):
        autosched.tune([A, I, beyond], trials=1, db=tmp_path / "beyond.db", threads=1)


def test_one_output_of_a_reduction_over_pairs_is_tuned_and_built(tmp_path: Path) -> None:
    def later(x: Any, y: Any) -> Any:
        first = te.any(x[1] > y[1], te.all(x[1] == y[1], x[0] < y[0]))
        return tuple(te.if_then_else(first, a, b) for a, b in zip(x, y, strict=True))

    argmax = te.comm_reducer(later, lambda i, v: (te.const(-1, i), te.min_value(v)))
    X = te.placeholder((9, 33), name="X")
    k = te.reduce_axis((0, 33), name="k")
    place, greatest = te.compute((9,), lambda i: argmax((k.astype("int32"), X[i, k]), axis=k))
    x = np.random.default_rng(0).random((9, 33), np.float32)
    np.testing.assert_array_equal(autosched.build([X, place])(x), x.argmax(1))
    np.testing.assert_array_equal(autosched.build([X, greatest])(x), x.max(1))
    result = autosched.tune([X, place], trials=2, db=tmp_path / "t.db", threads=1)
    assert result.failures == {}


def test_an_input_that_nothing_reads_is_tuned_and_built(tmp_path: Path) -> None:
    A, mask = te.placeholder((9,), name="A"), te.placeholder((3,), name="mask")
    args = [A, mask, te.compute((9,), lambda i: A[i] + 1.0, name="B")]
    result = autosched.tune(args, trials=2, db=tmp_path / "t.db", threads=1)
    assert result.failures == {}
    kernel = autosched.build(args, db=tmp_path / "t.db", threads=1)
    assert kernel.schedule == "tuned"
    np.testing.assert_array_equal(kernel(np.ones(9, "float32"), np.ones(3, "float32")), 2)
