from types import SimpleNamespace

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched import api
from autosched.errors import NotOfferedError
from autosched.tvm import te, topi


def test_schedules_are_the_default_of_autosched():
    x = te.placeholder((1, 8, 7, 7), name="x")
    w = te.placeholder((8, 8, 3, 3), name="w")
    result = topi.nn.relu(topi.nn.conv2d_nchw(x, w, 1, 1, 1))
    schedule = topi.generic.schedule_conv2d_nchw([result])
    kernel = tvm.build(schedule, [x, w, result], "llvm")
    arrays = [np.ones((1, 8, 7, 7), "float32"), np.ones((8, 8, 3, 3), "float32")]
    out = tvm.nd.array(np.zeros((1, 8, 7, 7), "float32"))
    kernel(*map(tvm.nd.array, arrays), out)
    assert out.numpy()[0, 0, 3, 3] == 72


def test_operators_are_computed_as_written_unless_a_name_says_otherwise(monkeypatch):
    asked = []

    def as_task(*args, tolerance):
        asked.append(tolerance)
        return api.as_task(*args, tolerance=tolerance)

    monkeypatch.setattr(topi.generic, "api", SimpleNamespace(as_task=as_task, lower=api.lower))
    result = topi.exp(te.placeholder((4,)))
    topi.generic.schedule_conv2d_nchw([result])
    topi.generic.schedule_conv2d_winograd_nchw([result])
    assert asked == [0, None]


def test_names_that_are_not_offered():
    with pytest.raises(NotOfferedError, match=r"topi\.something"):
        _ = topi.something
    with pytest.raises(NotOfferedError, match=r"topi\.generic\.something"):
        _ = topi.generic.something


def test_operators_of_a_processor_are_those_of_nn():
    assert topi.x86.dense_pack is topi.nn.dense
    assert topi.x86.conv2d_NCHWc is topi.nn.conv2d_NCHWc
    assert topi.x86.conv2d.schedule_conv2d_nhwc is topi.generic.schedule_conv2d_nhwc
    assert topi.generic.nn.schedule_dense is topi.generic.schedule_dense
    assert topi.x86.concatenate is topi.concatenate
    assert topi.x86.roi_align_nchw is topi.vision.roi_align_nchw


def test_operators_of_other_processors_are_refused_when_they_are_used():
    table = {"cpu": topi.nn.dense, "gpu": topi.cuda.dense}
    with pytest.raises(NotOfferedError, match=r"topi\.cuda\.dense"):
        table["gpu"](None)
    with pytest.raises(NotOfferedError, match=r"topi\.mali\.dense\.schedule_dense"):
        topi.mali.dense.schedule_dense(None)


def test_an_output_that_is_an_input_needs_no_schedule():
    x = te.placeholder((4,), name="x")
    y = topi.exp(x)
    assert [op.name for op in topi.generic.schedule_injective([y, x]).outputs] == [y.op.name]
