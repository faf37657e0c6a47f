"""A workload as a TVM script registers it, and a measurer that measures nothing."""

from autosched.measure.outcome import Outcome
from autosched.tvm import auto_scheduler, te


@auto_scheduler.register_workload
def sample_matmul(n, m, k):
    A = te.placeholder((n, k), name="A")
    B = te.placeholder((k, m), name="B")
    C = te.placeholder((n, m), name="C")
    r = te.reduce_axis((0, k), name="r")
    D = te.compute(
        (n, m),
        lambda i, j: te.sum(A[i, r] * B[r, j], axis=r),
        name="D",
        attrs={"layout_free_placeholders": [B]},
    )
    E = te.compute((n, m), lambda i, j: D[i, j] + C[i, j], name="E")
    return [A, B, C, E]


def sample_task(n=8, m=8, k=8):
    return auto_scheduler.SearchTask(func=sample_matmul, args=(n, m, k), target="llvm")


class MadeUpMeasurer:
    """Says that the shortest trace is the fastest."""

    def measure(self, workload, candidates, best_ns=None, report=None):
        outcomes = [Outcome("ok", "", (float(len(trace)),)) for trace in candidates]
        for place, outcome in enumerate(outcomes):
            if report:
                report(place, outcome)
        return outcomes

    def compare(self, workload, candidates, rounds=10):
        return self.measure(workload, candidates)

    def close(self):
        """Do nothing."""
