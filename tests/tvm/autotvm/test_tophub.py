from autosched.schedule import primitives as p
from autosched.tvm import autotvm
from tests.tvm.autotvm.samples import product, product_task


def test_records_of_the_script_are_used() -> None:
    task = product_task()
    given = autotvm.MeasureInput("llvm", task, task.config_space.get(3))
    pair = given, autotvm.MeasureResult((0.5,), 0, 0.0, 0.0)
    with autotvm.tophub.context("llvm"):
        assert product(32, "float32")[0].trace[0] == p.Split(1, 0, 1)
    with autotvm.tophub.context("llvm", extra_files=[[pair]]):
        assert product(32, "float32")[0].trace[0] == p.Split(1, 0, 8)
