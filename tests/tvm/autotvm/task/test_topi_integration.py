import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.errors import WorkloadError
from autosched.tvm import autotvm, te
from tests.tvm.autotvm.samples import MadeUpRunner

NAME = "test_topi_integration/rows"
ROWS = ("TENSOR", (4, 16), "float32")


@autotvm.register_topi_compute(NAME)
def rows(cfg, data, factor):
    k = te.reduce_axis((0, 16), name="k")
    cfg.define_split("tile_k", k, num_outputs=2)
    return te.compute((4,), lambda i: te.sum(data[i, k] * factor, axis=k), name="rows")


@autotvm.register_topi_schedule(NAME)
def schedule_rows(cfg, outs):
    s = te.create_schedule([out.op for out in outs])
    op = outs[0].op if outs[0].op.name == "rows" else outs[0].op.input_tensors[0].op
    cfg["tile_k"].apply(s, op.output(0), op.reduce_axis[0])
    return s


class NarrowIsFast(MadeUpRunner):
    def result(self, config):
        size = config["tile_k"].size[-1]
        return autotvm.MeasureResult(((1 + abs(size - 4)) * 1e-6,), 0, 0.1, 0.0)


def test_both_parts_are_a_template_that_is_tuned_and_found_by_its_log(tmp_path) -> None:
    log = str(tmp_path / "rows.log")
    task = autotvm.task.create(NAME, args=(ROWS, 2.0), target="llvm")
    assert len(task.config_space) == 5
    autotvm.tuner.GridSearchTuner(task).tune(
        5,
        autotvm.measure_option("local", NarrowIsFast()),
        callbacks=[autotvm.callback.log_to_file(log)],
    )
    A = te.placeholder((4, 16), name="A")
    with autotvm.apply_history_best(log), tvm.target.Target("llvm"):
        B = rows(A, 2.0)
        C = te.compute((4,), lambda i: B[i] + 1.0, name="C")
        s = schedule_rows([C])
    assert [int(loop.extent) for loop in s[B].leaf_iter_vars] == [4, 4, 4]
    c = tvm.nd.empty((4,))
    tvm.build(s, [A, C])(tvm.nd.array(np.ones((4, 16), "float32")), c)
    assert c.numpy().tolist() == [33, 33, 33, 33]


def test_outputs_of_something_else_are_refused() -> None:
    A = te.placeholder((4,), name="A")
    with pytest.raises(WorkloadError, match=f"expected outputs of the template {NAME}"):
        schedule_rows([te.compute((4,), lambda i: A[i] + 1.0, name="B")])
