"""A template as a TVM script writes it, and a runner that runs nothing."""

from autosched.tvm import autotvm, te
from autosched.tvm.autotvm.measure import MeasureResult, Runner


@autotvm.template("samples/product")
def product(n, dtype):
    A = te.placeholder((n, n), name="A", dtype=dtype)
    B = te.compute((n, n), lambda i, j: A[i, j] * A[j, i], name="B")
    s = te.create_schedule(B.op)
    y, x = s[B].op.axis
    cfg = autotvm.get_config()
    cfg.define_split("tile_y", y, num_outputs=2)
    cfg.define_split("tile_x", x, num_outputs=2)
    yo, yi = cfg["tile_y"].apply(s, B, y)
    xo, xi = cfg["tile_x"].apply(s, B, x)
    if cfg["tile_x"].size[-1] > 16:
        cfg.raise_error("tiles are too wide")
    s[B].reorder(yo, xo, yi, xi)
    return s, [A, B]


def product_task():
    return autotvm.task.create("samples/product", args=(32, "float32"), target="llvm")


class MadeUpRunner(Runner):
    """Says that tiles of 8 by 4 are the fastest."""

    def run(self, measure_inputs, build_results):
        return [self.result(each.config) for each in measure_inputs]

    def result(self, config):
        y, x = config["tile_y"].size[-1], config["tile_x"].size[-1]
        return MeasureResult(((1 + abs(y - 8) + abs(x - 4)) * 1e-6,), 0, 0.1, 0.0)


OPTION = autotvm.measure_option(builder="local", runner=MadeUpRunner())
