import pytest

from autosched.errors import WorkloadError
from autosched.tvm import autotvm, te
from tests.tvm.autotvm.samples import product, product_task


def test_a_task_is_a_template_with_arguments() -> None:
    task = product_task()
    assert task.workload == ("samples/product", 32, "float32")
    assert (task.flop, len(task.config_space)) == (32 * 32, 36)
    _, args = task.instantiate(task.config_space.get(0))
    assert [tensor.name for tensor in args] == ["A", "B"]
    assert "args=(32, 'float32')" in repr(task)


def test_a_template_is_named_by_its_function_or_itself() -> None:
    @autotvm.template
    def own_name(n):
        A = te.placeholder((n,), name="A")
        B = te.compute((n,), lambda i: A[i] + 1.0, name="B")
        return te.create_schedule(B.op), [A, B]

    for name in ("own_name", own_name):
        assert autotvm.task.create(name, args=(4,), target="llvm").name == "own_name"
    assert autotvm.task.create(product, (32, "float32")).name == "samples/product"


def test_a_name_without_a_template_is_refused() -> None:
    with pytest.raises(WorkloadError, match="expected a template, one of"):
        autotvm.task.create("none", args=())
    with pytest.raises(WorkloadError, match="expected a template"):
        autotvm.task.create(len, args=())


def test_arguments_are_a_key() -> None:
    A = te.placeholder((4, 2), name="A")
    assert autotvm.task.args_to_workload([A, [1, (2,)]], "f") == (
        "f", ("TENSOR", (4, 2), "float32"), (1, (2,)),
    )  # fmt: skip
