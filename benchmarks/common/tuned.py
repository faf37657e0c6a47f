"""Tuned kernels of cases, timed as `autosched run` times them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from threadpoolctl import threadpool_limits

import autosched
from autosched.api import as_task
from autosched.backends.cpu.explain import explain
from autosched.backends.cpu.peers import Run
from autosched.backends.cpu.trial_run import Bench, Times, rested
from autosched.backends.reporter import Report
from autosched.measure.cores import cores_for
from autosched.measure.peak import MultiplyAdds
from autosched.measure.timer import interleave
from autosched.ops.instance import WorkloadInstance
from autosched.runtime.kernel import Kernel
from autosched.search.choice import Choice
from autosched.search.kernels import build_best
from autosched.target.target import Target
from autosched.tuning_logs import open_store
from benchmarks.common.cases import KernelCase
from benchmarks.common.machine import clock_for

OURS = "autosched"


def tune(
    cases: Sequence[KernelCase],
    trials: int,
    threads: int,
    database: Path,
    seed: int = 0,
    tolerance: float | None = None,
) -> None:
    """Measure so many new candidates of each case, within a tolerance or that of the target."""
    for case in cases if trials else ():
        result = autosched.tune(
            case.instance(),
            trials=trials,
            threads=threads,
            db=database,
            seed=seed,
            tolerance=tolerance,
        )
        reached = f"{result.gflops:.0f} GFLOP/s" if result.gflops else "nothing works"
        print(f"{case.name}: {reached}, {result.trials_per_second:.1f} trials/s", flush=True)


def built(
    instance: WorkloadInstance, threads: int, database: Path, tolerance: float | None = None
) -> tuple[Choice, Any]:
    """The best schedule that the database knows or lets guess, and its kernel."""
    if not database.exists():
        open_store(database).close()
    with open_store(database) as store:
        return build_best(as_task(instance, "cpu", threads, tolerance=tolerance), store)


def why(instance: WorkloadInstance, threads: int, choice: Choice, time_ns: float) -> dict[str, Any]:
    """What `autosched explain` says of a kernel that takes so long.

    The share of the roofline, where the peak of the dtype is measured, what binds the kernel, how
    near it came to that, and the remarks.
    """
    task = as_task(instance, "cpu", threads)
    target, reporter = task.backend.machine, task.backend.reporter
    assembly = reporter.code("asm", task.form, choice.schedule)
    timed = Report({"time_ns": time_ns})
    facts = explain(target, task.form, choice.schedule, assembly, timed).facts
    least = reporter.least_ns(task.form)
    return {
        "roofline": least / time_ns if least else None,
        "bound": facts["bound"],
        "share_of_bound": facts["share_of_bound"],
        "remark": " ".join(facts["remarks"]),
    }


def beside_peers(
    case: KernelCase, instance: WorkloadInstance, kernel: Kernel, threads: int
) -> Times:
    """The kernel, every peer installed and the peak, a repeat of each in turn; ours must be right.

    The instance is that of the case.
    """
    bench = Bench(instance, {})
    run = _checked(bench, instance, kernel)
    with threadpool_limits(limits=threads, user_api="blas"):
        others = case.contenders(instance, bench.case.inputs, threads)
        probe = MultiplyAdds(Target.host())
        return bench.compare(OURS, run, others, clock_for(threads), probe, cores_for(threads))


def in_turn(
    instance: WorkloadInstance, kernels: Sequence[Kernel], threads: int, rounds: int = 25
) -> list[tuple[float, ...]]:
    """Nanoseconds of a call of each kernel of one workload, a repeat of each in turn."""
    bench = Bench(instance, {})
    runs = [_checked(bench, instance, kernel) for kernel in kernels]
    clock, cores = clock_for(threads), cores_for(threads)
    return interleave([rested(run, clock, cores=cores) for run in runs], rounds)


def in_turn_with_peak(
    instance: WorkloadInstance, kernel: Kernel, threads: int, rounds: int = 25
) -> tuple[tuple[float, ...], float]:
    """Nanoseconds of a call, and the peak of one core in GFLOP/s, a repeat of each in turn."""
    bench, clock, cores = Bench(instance, {}), clock_for(threads), cores_for(threads)
    probe = MultiplyAdds(Target.host())
    ours = rested(_checked(bench, instance, kernel), clock, cores=cores)
    times, probed = interleave([ours, rested(probe, clock)], rounds)
    return times, probe.flops / median(probed)


def _checked(bench: Bench, instance: WorkloadInstance, kernel: Kernel) -> Run:
    run = bench.runner(kernel)
    mistake = bench.check(run).mistake
    if mistake:
        raise AssertionError(f"{instance}: {mistake}")
    return run
