"""The programs that are checked against the reference simulator and the hardware description.

`data/programs.json` has 70 random programs, `data/resnet18.json` the streams of the ten
convolutions of ResNet-18 as TVM makes them.
"""

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Program:
    """A program, the contents of its DRAM by address, and known results of its run."""

    seed: int
    instructions: bytes
    contents: dict[int, bytes]
    out: slice
    out_sha256: str
    out_bytes: bytes | None
    cycles: dict[int, int]

    def image(self) -> np.ndarray[Any, Any]:
        """Return the DRAM image before the run; it is large, but most pages are never touched."""
        image = np.zeros(self.out.stop, np.uint8)
        for base, values in self.contents.items():
            image[base : base + len(values)] = np.frombuffer(values, np.uint8)
        return image

    def is_right(self, dram: np.ndarray[Any, Any]) -> bool:
        """Whether `dram` has the output of the reference."""
        found = dram[self.out].tobytes()
        return hashlib.sha256(found).hexdigest() == self.out_sha256


def unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


@cache
def programs() -> list[Program]:
    return [_program(entry) for entry in json.loads((DATA / "programs.json").read_text())]


@cache
def resnet18() -> list[dict[str, Any]]:
    """The layers, each with its `instructions` as bytes."""
    layers = json.loads((DATA / "resnet18.json").read_text())
    return [layer | {"instructions": unpacked(layer["instructions"])} for layer in layers]


def _program(entry: dict[str, Any]) -> Program:
    base, seed = entry["base"], entry["seed"]
    out = slice(base["out"], base["out"] + 16 * entry["out_elements"])
    random = np.random.default_rng([seed, 1])
    values = {
        "inp": random.integers(-128, 128, 65536).astype(np.int8),
        "wgt": random.integers(-128, 128, 131072).astype(np.int8),
        "acc": random.integers(-5000, 5000, 4096).astype("<i4"),
    }
    contents = {base[name]: array.tobytes() for name, array in values.items()}
    contents[base["uop"]] = unpacked(entry["uops"])
    return Program(
        seed,
        unpacked(entry["instructions"]),
        contents,
        out,
        entry["out_sha256"],
        unpacked(entry["out"]) if entry["out"] else None,
        {int(delay): cycles for delay, cycles in entry["cycles"].items()},
    )
