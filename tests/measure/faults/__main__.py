"""Runs the faults; see the package."""

from __future__ import annotations

import json
import sys
import time

from autosched.measure.local import LocalMeasurer
from tests.measure.faults.builder import OPTIONS
from tests.measure.faults.table import FAULTS, mislabelled


def main() -> None:
    chosen = sys.argv[1:] or list(FAULTS)
    bad = 0
    with LocalMeasurer("cpu", options=OPTIONS) as measurer:
        for name in chosen:
            start = time.monotonic()
            outcome, after = measurer.measure("add", [name, "good"])
            problem = mislabelled(name, outcome, after)
            bad += bool(problem)
            told = problem or f"{outcome.kind}: {outcome.reason.splitlines()[:1]}"
            print(f"{name:24} {time.monotonic() - start:5.1f} s  {told[:300]}", flush=True)
    print(json.dumps({"kinds": len(chosen), "survived": len(chosen), "mislabelled": bad}))
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
