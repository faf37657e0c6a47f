from autosched.tvm import te
from autosched.tvm.auto_scheduler.compute_dag import ComputeDAG
from tests.tvm.auto_scheduler.samples import sample_task


def test_operations_have_the_numbers_of_tvm_and_a_line_each() -> None:
    dag = sample_task().compute_dag
    assert [op.name for op in dag.ops] == ["A", "B", "D", "C", "E"]
    assert str(dag).splitlines() == [
        "A = PLACEHOLDER [8, 8]",
        "B = PLACEHOLDER [8, 8]",
        "D(i, j) = sum(A[i, r] * B[r, j], axis=[r])",
        "C = PLACEHOLDER [8, 8]",
        "E(i, j) = D[i, j] + C[i, j]",
    ]
    assert dag.flop_ct == 2 * 8**3 + 64


def test_an_operation_of_several_readers_has_one_number() -> None:
    A = te.placeholder((4,), name="A")
    B = te.compute((4,), lambda i: A[i] + 1.0, name="B")
    C = te.compute((4,), lambda i: B[i] * A[i], name="C")
    D = te.compute((4,), lambda i: B[i] + C[i], name="D")
    assert [op.name for op in ComputeDAG([A, D]).ops] == ["A", "B", "C", "D"]
