"""Every benchmark one after the other, each in a process of its own, into one folder.

python -m benchmarks.everything --into benchmarks/results --wait 300
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.common.options import wait_option

RUNS: dict[str, tuple[str, ...]] = {
    "call_overhead": ("call_overhead",),
    "vector_math": ("vector_math",),
    "compile_time": ("compile_time",),
    "threads": ("threads",),
    "threads_busy": ("threads", "--busy", "6"),
    "tuning": ("tuning",),
    "accelerator": ("accelerator",),
    "accelerator_network": ("accelerator_network", "--trials", "1500"),
    "networks": ("networks",),
    "networks_2_threads": ("networks", "--threads", "2"),
    "kernels": ("kernels", "--trials", "{trials}"),
    "scaling": ("scaling", "--trials", "{trials}"),
    "kernels_2_threads": ("kernels", "--threads", "2", "--trials", "{trials}"),
    "strategies": ("strategies", "--trials", "{trials}", "--seeds", "{seeds}"),
}
"""The name of each result, and the benchmark with its options; the quick ones first."""

WITH_DATABASE = ("kernels", "networks", "scaling", "threads")


@click.command()
@click.option("--into", "folder", type=click.Path(path_type=Path), required=True)
@click.option("--only", default="", help="Only the results with these comma-separated names.")
@click.option("--trials", default=200, show_default=True, help="New measurements of each tuning.")
@click.option("--seeds", default=1, show_default=True, help="Seeds that strategies are run with.")
@wait_option
def main(folder: Path, only: str, trials: int, seeds: int, wait: float) -> None:
    """Run them all; an hour or so with 200 trials."""
    wanted = [name for name in only.split(",") if name] or list(RUNS)
    with tempfile.TemporaryDirectory() as scratch:
        for name in wanted:
            benchmark, *options = (word.format(trials=trials, seeds=seeds) for word in RUNS[name])
            if benchmark in WITH_DATABASE:
                options += ["--db", str(Path(scratch) / "tuning.db")]
            options += ["--json", str(folder / f"{name}.json"), "--wait", str(wait)]
            print(f"\n{name}: {benchmark} {' '.join(options)}", flush=True)
            command = [sys.executable, "-m", f"benchmarks.{benchmark}", *options]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
