"""The worst error over all floats, by hand: `python -m tests.codegen.llvm.math.every exp log`.

The functions are those of other machines, then those of this one. The tests try every 1031st float;
this takes two to four minutes a function.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from scipy import special

from autosched.target.target import Target
from tests.codegen.llvm.math.harness import worst_on

CHUNK = 1 << 14

REFERENCES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "erf": special.erf,
    "sigmoid": special.expit,
}


def worst(name: str, features: str) -> tuple[float, float]:
    """The worst error in ulps of a function, and the first float of the chunk that has it."""
    found = (0.0, 0.0)
    for start in range(0, 1 << 32, CHUNK):
        values = np.arange(start, start + CHUNK, dtype=np.uint32).view(np.float32)
        error = worst_on(name, REFERENCES[name], values, features=features)
        found = max(found, (error, float(values[0])))
    return found


if __name__ == "__main__":
    for each in sys.argv[1:] or REFERENCES:
        for features in ("", Target.host().features):
            error, place = worst(each, features)
            print(f"{each}: {error:.3f} ulp, in the chunk that begins with {place}", flush=True)
