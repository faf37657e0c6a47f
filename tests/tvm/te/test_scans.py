"""Questions about scans."""

import autosched.tvm as tvm
from autosched.tvm import te


def test_the_steps_their_loops_and_their_independent_axes() -> None:
    m, n = te.size_var("m"), te.size_var("n")
    X, state = te.placeholder((m, n, n), name="X"), te.placeholder((m, n, n))
    init = te.compute((1, n, n), lambda t, i, j: X[0, i, j])
    twice = te.compute((m, n, n), lambda t, j, i: state[t - 1, i, j] * 2, name="twice")
    update = te.compute((m, n, n), lambda t, i, j: twice[t, j, i] + state[t - 1, i, 0])
    scan = te.scan(init, update, state, inputs=[X])
    assert isinstance(scan.op, te.ScanOp)
    assert te.schedule.ScanGetBody(scan.op) == [twice.op, update.op, scan.op]
    fixed = te.schedule.ScanFixPointAnalysis(scan.op)
    assert [fixed[axis].value for axis in scan.op.spatial_axis_] == [1, 0]

    s = te.create_schedule(scan.op)
    s[twice].compute_at(s[update], update.op.axis[1])
    path = te.schedule.CreateAttachPath(s)
    assert path[twice.op] == [*update.op.axis[1::-1], scan.op.scan_axis]
    assert te.schedule.InferBound(s)[scan.op.scan_axis].min.value == 1
    assert s[update].group.num_child_stages == 2
    assert "for scan.t in 0..m - 1" in str(tvm.lower(s, [X, scan]))
