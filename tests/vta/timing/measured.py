"""Programs and the cycles that the reference hardware took for them.

The data are 70 random programs at three DRAM start delays and ten convolutions of ResNet-18,
the latter also with the microseconds of a PYNQ board.
"""

import base64
import gzip
import json
import zlib
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data" / "cycles_measured.json.gz"


@cache
def measured(which: str) -> list[dict[str, Any]]:
    """`programs` or `convolutions`, with their instructions as bytes."""
    entries: list[dict[str, Any]] = json.loads(gzip.decompress(DATA.read_bytes()))[which]
    for entry in entries:
        entry["instructions"] = zlib.decompress(base64.b64decode(entry["instructions"]))
    return entries
