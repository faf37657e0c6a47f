"""Tuned kernels of cases, timed as `autosched run` times them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from threadpoolctl import threadpool_limits

import autosched
from autosched.backends.cpu.peers import PEERS, Contenders, Run, contenders
from autosched.backends.cpu.trial_run import Bench, Times, rested
from autosched.measure.peak import MultiplyAdds
from autosched.measure.timer import interleave
from autosched.ops.instance import WorkloadInstance
from autosched.runtime.kernel import Kernel
from autosched.target.target import Target
from autosched.tuning_logs import open_store
from benchmarks.common.cases import Case
from benchmarks.common.machine import clock_for

OURS = "autosched"


def tune(cases: Sequence[Case], trials: int, threads: int, database: Path, seed: int = 0) -> None:
    """Measure so many new candidates of each case."""
    for case in cases if trials else ():
        result = autosched.tune(
            case.instance(), trials=trials, threads=threads, db=database, seed=seed
        )
        reached = f"{result.gflops:.0f} GFLOP/s" if result.gflops else "nothing works"
        print(f"{case.name}: {reached}, {result.trials_per_second:.1f} trials/s", flush=True)


def built(instance: WorkloadInstance, threads: int, database: Path) -> Kernel:
    """The kernel with the best schedule that the database knows or lets guess."""
    if not database.exists():
        open_store(database).close()
    return autosched.build(instance, threads=threads, db=database)


def beside_peers(instance: WorkloadInstance, kernel: Kernel, threads: int) -> Times:
    """The kernel, every peer installed and the peak, a repeat of each in turn; ours must be right.

    NumPy counts where it has the operator itself, not as a reference made of many.
    """
    bench = Bench(instance, {})
    run = _checked(bench, instance, kernel)
    wanted = [peer for peer in PEERS if peer.name != "numpy" or "matmul" in instance.name]
    with threadpool_limits(limits=threads, user_api="blas"):
        others: Contenders = contenders(instance, bench.case.inputs, threads, wanted)
        probe = MultiplyAdds(Target.host())
        return bench.compare(OURS, run, others, clock_for(threads), probe)


def in_turn(
    instance: WorkloadInstance, kernels: Sequence[Kernel], threads: int, rounds: int = 25
) -> list[tuple[float, ...]]:
    """Nanoseconds of a call of each kernel of one workload, a repeat of each in turn."""
    bench = Bench(instance, {})
    runs = [_checked(bench, instance, kernel) for kernel in kernels]
    return interleave([rested(run, clock_for(threads)) for run in runs], rounds)


def in_turn_with_peak(
    instance: WorkloadInstance, kernel: Kernel, threads: int, rounds: int = 25
) -> tuple[tuple[float, ...], float]:
    """Nanoseconds of a call, and the peak of one core in GFLOP/s, a repeat of each in turn."""
    bench, clock = Bench(instance, {}), clock_for(threads)
    probe = MultiplyAdds(Target.host())
    runs = [rested(_checked(bench, instance, kernel), clock), rested(probe, clock)]
    times, probed = interleave(runs, rounds)
    return times, probe.flops / median(probed)


def _checked(bench: Bench, instance: WorkloadInstance, kernel: Kernel) -> Run:
    run = bench.runner(kernel)
    mistake = bench.check(run).mistake
    if mistake:
        raise AssertionError(f"{instance}: {mistake}")
    return run
