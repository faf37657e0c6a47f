"""States: the loops that their steps make, and what their schedules compute."""

import pytest

import autosched.tvm as tvm
from autosched.errors import ScheduleError
from autosched.tvm import auto_scheduler, te
from autosched.tvm.auto_scheduler.loop_state import State
from tests.tvm.auto_scheduler.samples import sample_matmul
from tests.tvm.running import check, values


def sample_dag() -> auto_scheduler.ComputeDAG:
    return auto_scheduler.ComputeDAG(list(sample_matmul(16, 16, 8)))


def extents(state: State, stage) -> list[int]:
    return [loop.range.extent for loop in state[stage].iters]


def test_loops_are_split_reordered_fused_and_annotated() -> None:
    dag = sample_dag()
    state = dag.get_init_state()
    product, out = 2, dag.tensors[-1]
    i, j, k = state[product].iters
    assert extents(state, product) == [16, 16, 8]
    io, ii = state.split(product, i, [4])
    assert (state[product].iters[0], state[product].iters[1]) == (io, ii)
    jo, jm, ji = state.split(product, j, [4, 2], inner_to_outer=False)
    assert extents(state, product) == [4, 4, 4, 2, 2, 8]
    state.reorder(product, [io, jo, k, jm, ii, ji])
    fused = state.fuse(product, [io, jo])
    assert fused.range.extent == 16
    names = State.ANNOTATION_TRANS_TABLE
    assert state.parallel(product, fused).annotation == names["parallel"]
    assert state.vectorize(product, ji).annotation == names["vectorize"]
    assert state.unroll(product, ii, max_unroll=2).annotation == names["none"]
    assert state.unroll(product, ii).annotation == names["unroll"]
    state.pragma(product, fused, "auto_unroll_max_step$16")
    assert len(state.transform_steps) == 8
    schedule, tensors = dag.apply_steps_from_state(state)
    a, b, c = values((16, 8)), values((8, 16)), values((16, 16))
    check(schedule, tensors, [a, b, c], a @ b + c, rtol=1e-4)
    assert out.op in state.stage_ops


def test_stages_are_moved_and_copied() -> None:
    dag = sample_dag()
    state = dag.get_init_state()
    A, B, _, out = dag.tensors
    product = state.stage_ops[2]
    state.split(out, state[out].iters[0], [4])
    state.compute_at(product, out, state[out].iters[0])
    assert state[product].compute_at == 2
    assert extents(state, product) == [4, 16, 8], "as many points as one tile of the output"
    local = state.cache_write(product, "local")
    copy = state.cache_read(B, "global", [local])
    state.compute_at(copy, local, state[local].iters[2])
    state.storage_align(copy, state[copy].iters[0], 8, 4)
    assert [op.name for op in state.stage_ops] == [
        "A", "B", "B.global", "D.local", "D", "C", "E",
    ]  # fmt: skip
    state.compute_root(product)
    assert state[product].compute_at == 0
    assert state[A].compute_at == 0
    schedule, tensors = dag.apply_steps_from_state(dag.infer_bound_from_state(state))
    a, b, c = values((16, 8)), values((8, 16)), values((16, 16))
    check(schedule, tensors, [a, b, c], a @ b + c, rtol=1e-4)


def test_a_reduction_is_factored_and_splits_are_followed() -> None:
    dag = sample_dag()
    state = dag.get_init_state()
    out = dag.tensors[-1]
    ko, _ = state.split(2, state[2].iters[2], [4])
    partial = state.rfactor(2, ko, 2)
    assert extents(state, partial) == [16, 16, 2, 4]
    state.split(3, state[3].iters[0], [4, 2])
    step = len(state.transform_steps) - 1
    made = state.follow_split(out, state[out].iters[0], step, 1)
    assert [loop.range.extent for loop in made] == [2, 8]
    made = state.follow_fused_split(out, state[out].iters[2], [step], 1, True)
    assert [loop.range.extent for loop in made] == [8, 2]
    schedule, tensors = dag.apply_steps_from_state(state)
    a, b, c = values((16, 8)), values((8, 16)), values((16, 16))
    check(schedule, tensors, [a, b, c], a @ b + c, rtol=1e-4)


def test_threads_of_a_gpu_are_shown() -> None:
    state = sample_dag().init_state
    i, j, _ = state[2].iters
    assert state.bind(2, i, "blockIdx.x").annotation == 5
    assert state.bind(2, j, "vthread").annotation == 4
    assert "blockIdx.x" in str(state)
    with pytest.raises(ScheduleError, match=r"got threadIdx\.w"):
        state.bind(2, state[2].iters[2], "threadIdx.w")


def test_states_are_copied_compared_and_shown() -> None:
    dag = sample_dag()
    state = dag.get_init_state()
    other = state.copy()
    assert state == other
    assert str(state).startswith("Placeholder: A, B, C\nfor i in 0..16:")
    other.split(2, other[2].iters[0], [4])
    assert state != other
    assert len({state, other, other.copy()}) == 2
    assert len(list(other)) == 5
    assert dag.print_python_code_from_state(other).startswith("s = te.create_schedule([E])")
    assert repr(state) == 'State({"version":1,"steps":[]})'


def test_a_copy_takes_the_loops_and_tensors_of_its_origin() -> None:
    state = sample_dag().get_init_state()
    local = state.cache_write(2, "local")
    outer, inner = state.split(local, state[local].iters[0], [4])
    first, second = state.copy(), state.copy()
    first.unroll(local, inner)
    state.parallel(local, outer)
    assert extents(second.copy(), local) == [4, 4, 16, 8]
    assert second.transform_steps == state.transform_steps[:2]
    made = second.copy().follow_split(local, second[local].iters[2], 1, 1)
    assert [loop.range.extent for loop in made] == [4, 4]
    second.fuse(local, [outer, inner])
    assert (len(first[local].iters), len(second[local].iters)) == (4, 3)
    with pytest.raises(ScheduleError, match=r"expected a loop of stage D\.local, got i\.c\.inner"):
        second.unroll(local, inner)


def test_an_inlined_stage_has_no_place() -> None:
    A = te.placeholder((4,), name="A")
    B = te.compute((4,), lambda i: A[i] + 1.0, name="B")
    C = te.compute((4,), lambda i: B[i] * 2.0, name="C")
    state = auto_scheduler.ComputeDAG([A, C]).get_init_state()
    state.compute_inline(B)
    assert state[B].compute_at == 1
    assert state.stages[1].op is B.op


def test_a_loop_of_another_stage_and_an_illegal_step_change_nothing() -> None:
    state = sample_dag().get_init_state()
    with pytest.raises(ScheduleError, match="expected a loop of stage E, got r"):
        state.split(4, state[2].iters[2], [2])
    with pytest.raises(ScheduleError, match="got the reduce axis"):
        state.parallel(2, state[2].iters[2])
    with pytest.raises(ScheduleError, match="expected a pragma that is known here"):
        state.pragma(2, state[2].iters[0], "tensor_core")
    assert state.transform_steps == []


def test_records_of_states_are_logged_and_applied(tmp_path) -> None:
    task = auto_scheduler.SearchTask(func=sample_matmul, args=(16, 16, 8), target="llvm")
    state = task.compute_dag.get_init_state()
    state.vectorize(4, state.split(4, state[4].iters[1], [8])[1])
    given = auto_scheduler.MeasureInput(task, state)
    result = auto_scheduler.MeasureResult((1e-6,), 0, "", 0.1, 1.0)
    log = str(tmp_path / "log.json")
    auto_scheduler.save_records(log, [given], [result])
    schedule, tensors = task.apply_best(log)
    assert "E[i, j.outer*8 : +8] =" in str(tvm.lower(schedule, tensors))
    ((read, _),) = auto_scheduler.load_records(log)
    whole = auto_scheduler.measure.recover_measure_input(read, rebuild_state=True)
    assert whole.state == state
