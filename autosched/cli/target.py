"""`autosched target`: what this machine is, and what it reaches."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from autosched.cli.cycles import described_machine
from autosched.cli.options import json_option, machine, target_option
from autosched.cli.reply import Reply, pairs
from autosched.config import Settings

if TYPE_CHECKING:
    from autosched.target.target import Target


@click.command("target")
@target_option
@json_option
def command(target: str) -> Reply:
    """Show what this machine is, its measured peak and bandwidths of one core.

    Measuring takes about a second; nothing else should run meanwhile. Of an accelerator its
    sizes and its cycle model's constants are shown.
    """
    from autosched.target.target import Target

    here = machine(target, 0)
    return _measured(here) if isinstance(here, Target) else Reply(*described_machine(here))


def _measured(target: Target) -> Reply:
    from autosched.measure.peak import measure_peak

    wait_us = Settings.from_environment().thread_wait_us
    peak = measure_peak(target)
    document = {
        "target": asdict(target),
        "peak": asdict(peak),
        "threads": {"cores": target.threads, "wait_us": wait_us},
    }
    text = pairs(
        {
            "cpu": target.cpu,
            "triple": target.triple,
            "vector": f"{target.vector_bits} bits",
            "cores": target.threads,
            "caches": " / ".join(
                _size(size) for size in (target.l1_bytes, target.l2_bytes, target.l3_bytes)
            ),
            "float32 peak": f"{peak.float32_gflops:.1f} GFLOP/s a core",
            "float64 peak": f"{peak.float64_gflops:.1f} GFLOP/s a core",
            "reads": f"L1 {peak.l1_gbytes:.0f}, L2 {peak.l2_gbytes:.0f}, "
            f"L3 {peak.l3_gbytes:.0f}, DRAM {peak.dram_gbytes:.0f} GB/s",
            "idle threads": f"wait {wait_us} microseconds for the next parallel loop, then sleep",
            "features": target.features.replace("+", "").replace(",", " "),
        }
    )
    return Reply(document, text)


def _size(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"
