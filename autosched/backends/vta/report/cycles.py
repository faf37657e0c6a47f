"""Reports on programs and accelerators, with the cycles that the cycle model counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autosched.backends.reporter import Report, Speed
from autosched.backends.vta.kernel import VtaKernel, vta_kernel
from autosched.backends.vta.machine import config_of, nanoseconds, preset_of
from autosched.backends.vta.target import VtaTarget
from autosched.schedule.schedule import Schedule
from autosched.te.tensor import Tensor
from autosched.text import duration, table
from autosched.vta.config import Memory
from autosched.vta.simulator import Counters
from autosched.vta.timing import CycleReport, preset_names


@dataclass(frozen=True, slots=True)
class CycleSpeed(Speed):
    """Shows times on an accelerator as cycles; `tensors` are the workload's packed tensors."""

    target: VtaTarget
    tensors: Sequence[Tensor]

    def cycles(self, time_ns: float) -> int:
        """Return a time as a number of cycles at the preset's clock."""
        return round(time_ns / nanoseconds(self.target, 1))

    def text(self, time_ns: float) -> str:
        """Return the cycles, and the speed if the operations are known."""
        speed = f", {self.flops / time_ns:.1f} GOP/s" if self.flops else ""
        return f"{self.cycles(time_ns)} cycles{speed}"

    def of_best(self, schedule: Schedule, time_ns: float) -> Report:
        """Lower the best schedule again and report its cycles by unit."""
        kernel = vta_kernel(schedule, self.tensors, self.target)
        return Report(cycle_facts(kernel), headline(kernel.cycles))


def cycle_facts(kernel: VtaKernel) -> dict[str, Any]:
    """Return a kernel's cycles, in total and by unit, for a JSON document."""
    report = kernel.cycles
    return {
        "cycles": report.total,
        "microseconds": report.microseconds,
        "gemm_utilisation": report.gemm_utilisation,
        "gemm_uops": report.gemm_uops,
        "instructions": report.program.count,
        "micro_ops": len(kernel.program.uops) // 4,
        "units": {name: asdict(unit) for name, unit in report.units.items()},
        "bus_share": report.bus_share,
    }


def memory_bytes(counters: Counters) -> dict[str, int]:
    """Return the bytes moved between DRAM and each memory in a run."""
    return {
        name.partition("_")[0]: count
        for name, count in asdict(counters).items()
        if name.endswith("_nbytes")
    }


def headline(report: CycleReport) -> dict[str, object]:
    """Return the lines that summarize the cycles of a program."""
    return {
        "cycles": f"{report.total}, {duration(report.microseconds * 1e3)} at "
        f"{report.preset.clock_mhz:g} MHz (preset {report.preset.name})",
        "GEMM core": f"{report.gemm_utilisation:.1%} of the cycles",
    }


def unit_table(report: CycleReport) -> str:
    """Return a table of how each unit spent its cycles."""
    rows = [
        (
            name,
            unit.instructions,
            unit.busy,
            f"{unit.busy / report.total:.1%}",
            ", ".join(f"{reason} {count}" for reason, count in sorted(unit.waits.items())) or "-",
            unit.idle,
        )
        for name, unit in report.units.items()
    ]
    return table(("unit", "instructions", "busy", "share", "waits", "idle"), rows)


def memory_table(moved: dict[str, int], report: CycleReport) -> str:
    """Return a table of the bytes moved for each memory, and its share of the read bus."""
    shares = {name: f"{share:.1%}" for name, share in report.bus_share.items()}
    rows = [(name, f"{size}", shares.get(name, "-")) for name, size in moved.items()]
    return table(("memory", "bytes", "read bus"), rows)


def described_machine(target: VtaTarget) -> Report:
    """Report the sizes and constants of an accelerator."""
    config, preset = config_of(target), preset_of(target)
    macs = config.batch * config.block_in * config.block_out
    buffers = {
        memory.name.lower(): {
            "elements": config.depth(memory),
            "element_bytes": config.element_bytes(memory),
        }
        for memory in Memory
    }
    document = {
        "target": asdict(target) | {"kind": target.kind, "text": str(target)},
        "config": asdict(config),
        "buffers": buffers,
        "preset": asdict(preset),
        "presets": list(preset_names()),
        "macs_per_cycle": macs,
        "peak_gops": 2 * macs * preset.clock_mhz / 1e3,
    }
    lines: dict[str, object] = {
        "target": target,
        "GEMM core": f"{config.batch} x {config.block_in} by {config.block_in} x "
        f"{config.block_out} a cycle, {document['peak_gops']:.1f} GOP/s at the peak",
        **{
            f"{name} buffer": f"{size['elements']} of {size['element_bytes']} bytes"
            for name, size in buffers.items()
        },
        "read bus": f"{8 * config.bus_bytes} bits",
        "preset": f"{preset.name}: {preset.description}",
        "clock": f"{preset.clock_mhz:g} MHz",
        "presets": ", ".join(preset_names()),
    }
    return Report(document, lines)
