"""Runs a kernel or a network on a CPU: checks its results, and times it beside its peers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from threadpoolctl import threadpool_limits

from autosched.backends.cpu.peers import Contenders, Run, contenders, model_contenders
from autosched.backends.cpu.speed import PeakSpeed, peak_dtype
from autosched.backends.cpu.trial_run import Bench, Check, Times, compare, max_error, shortened
from autosched.backends.reporter import NetworkRequest, Report, RunRequest
from autosched.measure.cores import cores_for
from autosched.measure.counters import CACHE_MISSES, count
from autosched.measure.peak import MultiplyAdds
from autosched.runtime.kernel import Kernel
from autosched.target.target import LINE_BYTES, Target
from autosched.text import duration, rate, table

US = "autosched"
PROBE_SECONDS = 1e-4
"""The duration of a call of the probe of the peak, about that of a kernel."""

MAX_REASON = 200
"""Letters of the reason why another library was not timed; the document has all of them."""


def run(target: Target, kernel: Kernel, request: RunRequest) -> Report:
    """Check a kernel and time it in turn with its peers; times are medians of calls from Python.

    Constants such as weights are bound and packed before.
    """
    instance = request.form.instance
    bench = Bench(instance, request.sizes)
    call = bench.runner(kernel)
    with threadpool_limits(limits=target.threads, user_api="blas"):
        check = bench.check(call)
        others = Contenders()
        if request.peers and not check.mistake:
            others = contenders(instance, bench.case.inputs, target.threads)
        others.runs.update({name: bench.returning(each) for name, each in request.beside.items()})
        dtype = peak_dtype(instance)
        probe = MultiplyAdds(target, dtype, PROBE_SECONDS) if dtype else None
        cores = cores_for(target.threads)
        times = bench.compare(US, call, others, probe=probe, cores=cores)
    constants = kernel.signature.constants
    report = _report(target, request.form.flops, times, check)
    lines = dict(report.lines)
    if constants:
        lines["constants"] = f"{', '.join(constants)} bound beforehand, not timed"
    counted = _counted(call) if request.counts else {}
    return replace(report, facts={"bound": list(constants), **report.facts, **counted}, lines=lines)


def _counted(call: Run) -> dict[str, Any]:
    """Return the bytes that caches miss in a call, by level; or why they are not counted."""
    try:
        misses = count(call, CACHE_MISSES)
    except OSError as error:
        return {"counted": None, "not_counted": f"perf_event_open: {error.strerror}"}
    return {"counted": {name: LINE_BYTES * number for name, number in misses.items()}}


def run_network(target: Target, request: NetworkRequest) -> Report:
    """Check a network, and time it in turn with its peers; times are medians of calls."""
    with threadpool_limits(limits=target.threads, user_api="blas"):
        results = list(request.run())
        pairs = list(zip(request.expected, results, strict=True))
        check = Check(
            request.difference(results),
            max((max_error(expected, got) for expected, got in pairs), default=0.0),
            all(expected.may_be_rounding(got) for expected, got in pairs),
        )
        others = Contenders()
        if request.peers and not check.mistake:
            others = model_contenders(request.file, request.inputs, target.threads)
        probe = MultiplyAdds(target, "float32")
        cores = cores_for(target.threads)
        times = compare(US, request.run, others, request.difference, probe=probe, cores=cores)
    return _report(target, request.flops, times, check)


def _report(target: Target, flops: int | None, times: Times, check: Check) -> Report:
    peak = None if times.peak_gflops is None else times.peak_gflops * target.threads
    speed = PeakSpeed(flops, peak)
    facts = {
        "threads": target.threads,
        **_measured(times, speed),
        "correct": check.mistake is None,
        "mistake": check.mistake,
        "may_be_rounding": check.mistake is not None and check.may_be_rounding,
        "max_error": check.max_error,
    }
    lines: dict[str, object] = {"result": _verdict(check)}
    return Report(facts, lines, (_ranking(times, speed),), is_right=check.mistake is None)


def _measured(times: Times, speed: PeakSpeed) -> dict[str, Any]:
    time_ns = times.median_ns(US)
    return {
        "time_ns": time_ns,
        "times_ns": shortened(times.times_ns[US]),
        **speed.measured(time_ns),
        **speed.facts,
        "peers": {name: times.median_ns(name) for name in times.times_ns if name != US},
        "peer_failures": times.failures,
    }


def _verdict(check: Check) -> str:
    if check.mistake:
        note = "; rounding may explain it" if check.may_be_rounding else ""
        return f"WRONG: {check.mistake}{note}"
    return f"correct, largest error {check.max_error:.2g}"


def _ranking(times: Times, speed: PeakSpeed) -> str:
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
    lines += [
        f"{name} was not timed: {' '.join(reason.split())[:MAX_REASON]}"
        for name, reason in times.failures.items()
    ]
    remark = speed.remark(mine)
    return "\n".join([*lines, *([f"{US} is {remark}"] if remark else [])])
