import logging

import numpy as np

import autosched.tvm as tvm
from autosched.schedule import primitives as p
from autosched.tvm import autotvm
from autosched.tvm.autotvm import callback
from autosched.tvm.autotvm.tuner import GridSearchTuner
from tests.tvm.autotvm.samples import OPTION, product, product_task


def test_the_best_of_a_log_is_applied_and_built(tmp_path) -> None:
    log = tmp_path / "product.log"
    GridSearchTuner(product_task()).tune(1000, OPTION, callbacks=[callback.log_to_file(str(log))])
    with autotvm.apply_history_best(str(log)), tvm.target.Target("llvm"):
        s, args = product(32, "float32")
        module = tvm.build(s, args)
    assert s.trace[:2] == [p.Split(1, 0, 8), p.Split(1, 1, 4)]
    a = np.arange(32 * 32, dtype="float32").reshape(32, 32)
    out = tvm.nd.empty((32, 32))
    module(tvm.nd.array(a), out)
    np.testing.assert_allclose(out.numpy(), a * a.T)


def test_without_a_record_knobs_have_their_first_values_and_a_warning_is_given(caplog) -> None:
    with caplog.at_level(logging.WARNING, "autotvm"):
        s, _ = product(32, "float32")
    assert s.trace[:2] == [p.Split(1, 0, 1), p.Split(1, 1, 1)]
    assert "no configuration is known of ('samples/product', 32, 'float32')" in caplog.text


def test_a_configuration_for_all_and_contexts_in_contexts() -> None:
    space = product_task().config_space
    with autotvm.ApplyConfig(space.get(1)):
        with autotvm.ApplyHistoryBest(None) as best:
            assert product(32, "float32")[0].trace[0] == p.Split(1, 0, 2)
            best.update(None, ("samples/product", 32, "float32"), space.get(2))
            assert product(32, "float32")[0].trace[0] == p.Split(1, 0, 4)
        assert product(32, "float32")[0].trace[0] == p.Split(1, 0, 2)


def test_records_of_failures_and_of_other_arguments_are_not_applied() -> None:
    task = product_task()
    given = autotvm.MeasureInput("llvm", task, task.config_space.get(3))
    failed = autotvm.MeasureResult(("why",), 4, 0.0, 0.0)
    with autotvm.ApplyHistoryBest([(given, failed)]):
        assert product(32, "float32")[0].trace[0] == p.Split(1, 0, 1)
    right = autotvm.MeasureResult((0.5, 1.5), 0, 0.0, 0.0)
    with autotvm.ApplyHistoryBest(zip([[(given, right)], [(given, failed)]], strict=False)):
        assert product(32, "float32")[0].trace[0] == p.Split(1, 0, 8)
        assert product(16, "float32")[0].trace[0] == p.Split(1, 0, 1)


def test_records_for_a_gpu_are_passed_over_with_a_warning(caplog) -> None:
    task = product_task()
    given = autotvm.MeasureInput("cuda -keys=cuda", task, task.config_space.get(3))
    with autotvm.ApplyHistoryBest([(given, autotvm.MeasureResult((0.5,), 0, 0.0, 0.0))]):
        assert product(32, "float32")[0].trace[0] == p.Split(1, 0, 1)
    assert "a record of samples/product is passed over, since it is for cuda" in caplog.text


def test_a_silent_script_gets_no_warnings(caplog, monkeypatch) -> None:
    monkeypatch.setattr(autotvm.GLOBAL_SCOPE, "silent", True)
    product(32, "float32")
    assert not caplog.text
