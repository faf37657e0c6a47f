"""`autosched run`: build with the best known schedule, check it, time it beside its peers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosched.cli.chosen import built, described
from autosched.cli.options import (
    database_path,
    identity,
    machine,
    machine_options,
    resolved,
    size_option,
    sized,
    workload_arguments,
)
from autosched.cli.reply import DONE, FAILED, Reply, pairs, table
from autosched.cli.speed import Speed, operations, peak_dtype
from autosched.search.text import duration, rate

if TYPE_CHECKING:
    from autosched.cli.trial_run import Check, Times
    from autosched.runtime.kernel import Kernel

US = "autosched"
PROBE_SECONDS = 1e-4
"""A call of the probe of the peak: about as long as a kernel's."""


@click.command("run")
@workload_arguments
@click.option("--peers/--no-peers", default=True, help="Time NumPy and what else is installed.")
@click.option(
    "--timeline",
    "timelines",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE.svg|FILE.json",
    help="Write an accelerator's instructions over time: a picture, or a Chrome trace.",
)
@size_option
@machine_options
def command(
    workload: str,
    parameters: Sequence[str],
    peers: bool,
    timelines: Sequence[Path],
    sizes: Sequence[str],
    target: str,
    threads: int,
    database: Path | None,
) -> Reply:
    """Build WORKLOAD with the best schedule known, check its numbers, time it beside peers.

    Times are medians of repeats taken in turn, calls from Python. Constants such as weights
    are bound, and packed, beforehand. The status is 1 where a number is wrong. On an
    accelerator the program is simulated, and its cycles are told in place of a time.
    """
    from threadpoolctl import threadpool_limits

    from autosched.api import as_task
    from autosched.cli.peers import Contenders, contenders
    from autosched.cli.trial_run import Bench
    from autosched.measure.peak import MultiplyAdds
    from autosched.runtime.kernel import Kernel
    from autosched.target.target import Target

    instance = resolved(workload, parameters)
    given = sized(sizes, instance)
    here = machine(target, threads)
    if not isinstance(here, Target):
        from autosched.cli.vta_run import check_timelines, run_simulated

        files = (*target.removeprefix("vta:").split()[:1], here.preset)
        check_timelines(timelines, [database_path(database), *map(Path, files)])
        return run_simulated(instance, here, database, timelines)
    if timelines:
        raise click.UsageError("--timeline goes with an accelerator only, such as --target vta")
    choice, kernel = built(as_task(instance, here, here.threads, sizes=given), database)
    assert isinstance(kernel, Kernel)
    bench = Bench(instance, given)
    run = bench.runner(kernel)
    with threadpool_limits(limits=here.threads, user_api="blas"):
        check = bench.check(run)
        others = Contenders()
        if peers and not check.mistake:
            others = contenders(instance, bench.case.inputs, here.threads)
        dtype = peak_dtype(instance)
        probe = MultiplyAdds(here, dtype, PROBE_SECONDS) if dtype else None
        times = bench.compare(US, run, others, probe=probe)
    peak = None if times.peak_gflops is None else times.peak_gflops * here.threads
    speed = Speed(operations(instance), peak)
    facts: dict[str, Any] = {
        "workload": identity(instance, given),
        "target": str(here),
        "threads": here.threads,
        "schedule": choice.origin,
        "schedule_reason": choice.reason,
        "bound": list(kernel.signature.constants),
        **_measured(times, speed),
        "correct": check.mistake is None,
        "mistake": check.mistake,
        "may_be_rounding": check.mistake is not None and check.may_be_rounding,
        "max_error": check.max_error,
    }
    head = {
        "workload": instance,
        "threads": here.threads,
        "schedule": described(choice),
        "result": _verdict(check),
        **_constants(kernel),
    }
    text = pairs(head) + "\n\n" + _ranking(times, speed)
    return Reply(facts, text, FAILED if check.mistake else DONE)


def _measured(times: Times, speed: Speed) -> dict[str, Any]:
    from autosched.cli.trial_run import shortened

    time_ns = times.median_ns(US)
    return {
        "time_ns": time_ns,
        "times_ns": shortened(times.times_ns[US]),
        "gflops": speed.gflops(time_ns),
        "share_of_peak": speed.share(time_ns),
        "remark": speed.remark(time_ns),
        "peak_gflops": speed.peak_gflops,
        "peers": {name: times.median_ns(name) for name in times.times_ns if name != US},
        "peer_failures": times.failures,
    }


def _verdict(check: Check) -> str:
    if check.mistake:
        note = "; rounding may explain it" if check.may_be_rounding else ""
        return f"WRONG: {check.mistake}{note}"
    return f"correct, largest error {check.max_error:.2g}"


def _constants(kernel: Kernel) -> dict[str, str]:
    names = kernel.signature.constants
    return {"constants": f"{', '.join(names)} bound beforehand, not timed"} if names else {}


def _ranking(times: Times, speed: Speed) -> str:
    mine = times.median_ns(US)
    rows = [
        (
            name,
            duration(times.median_ns(name)),
            rate(speed.gflops(times.median_ns(name)), speed.share(times.median_ns(name))),
            f"{times.median_ns(name) / mine:.2f} x",
        )
        for name in sorted(times.times_ns, key=times.median_ns)
    ]
    lines = [table(("", "time", "speed", "beside ours"), rows)]
    lines += [f"{name} was not timed: {reason}" for name, reason in times.failures.items()]
    remark = speed.remark(mine)
    return "\n".join([*lines, *([f"{US} is {remark}"] if remark else [])])
