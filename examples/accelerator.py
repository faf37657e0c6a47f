"""From an int8 matmul to the accelerator's instructions, its result and its timeline:

python examples/accelerator.py FOLDER   # where the pictures go; docs/accelerator.md explains them
"""

import sys

import numpy as np

import autosched
from autosched import te
from autosched.vta import cycles, disassemble, get_env, lower_vta

env = get_env()
M, N, K = 64, 128, 1024
k, ki = te.reduce_axis((0, K // 16), name="k"), te.reduce_axis((0, 16), name="ki")
X = te.placeholder((M, K // 16, 1, 16), name="X", dtype="int8")
W = te.placeholder((N // 16, K // 16, 16, 16), name="W", dtype="int8")
SUM = te.compute(
    (M, N // 16, 1, 16),
    lambda m, n, b, o: te.sum(X[m, k, b, ki].astype("int32") * W[n, k, o, ki], axis=[k, ki]),
    name="SUM",
)
CUT = te.compute(SUM.shape, lambda *i: te.max(te.min(SUM(*i) >> 11, 127), -128), name="CUT")
Y = te.compute(SUM.shape, lambda *i: CUT(*i).astype("int8"), name="Y")


def schedule(k_tile: int = 16, threads: int = 1, double: bool = False) -> te.Schedule:
    """Tiles of 64 x 64 numbers, summed over k_tile blocks of 16 at a time."""
    s = te.create_schedule(Y)
    x, w = s.cache_read(X, env.inp_scope, [SUM]), s.cache_read(W, env.wgt_scope, [SUM])
    tile, _ = s[Y].split(Y.op.axis[1], 4)
    outer, thread = s[Y].split(tile, threads)
    s[Y].reorder(outer, thread, Y.op.axis[0])
    s[Y].bind(thread, te.thread_axis("cthread"))
    s[Y].pragma(Y.op.axis[0], env.dma_copy)
    for sums in (SUM, CUT):
        s[sums].set_scope(env.acc_scope)
        s[sums].compute_at(s[Y], thread)
    s[CUT].pragma(CUT.op.axis[0], env.alu)
    k_outer, k_inner = s[SUM].split(k, k_tile)
    s[SUM].reorder(k_outer, k_inner, *SUM.op.axis, ki)
    s[SUM].tensorize(SUM.op.axis[2], env.gemm)
    for loaded in (x, w):
        s[loaded].compute_at(s[SUM], k_outer)
        s[loaded].pragma(loaded.op.axis[0], env.dma_copy)
        if double:
            s[loaded].double_buffer()
    return s


def main(folder: str) -> None:
    """Print the plain version's loops and instructions; check, count and draw every version."""
    print(autosched.lower(schedule(), [X, W, Y]))
    print(disassemble(lower_vta(schedule(), [X, W, Y]).instructions))
    x, w = (np.random.default_rng(n).integers(-128, 128, (n, K), dtype="int8") for n in (M, N))
    blocks = [x.reshape(M, -1, 1, 16), w.reshape(N // 16, 16, -1, 16).transpose(0, 2, 1, 3)]
    want = np.clip(x.astype("int32") @ w.T.astype("int32") >> 11, -128, 127)
    versions = {"plain": (16, 1), "threads": (16, 2), "double": (16, 1, True)}
    for name, chosen in {**versions, "both": (16, 2, True), "fine": (4, 2, True)}.items():
        program = lower_vta(schedule(*chosen), [X, W, Y])
        np.testing.assert_array_equal(program.run(blocks)[0].reshape(M, N), want)
        report = cycles(program.instructions)
        report.save_svg(f"{folder}/{name}.svg")
        print(f"{name:8}{report.total:7} cycles, GEMM {report.gemm_utilisation:.1%}")


if __name__ == "__main__":
    main(sys.argv[1])
