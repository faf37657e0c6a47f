"""Instructions as rows of one table, from which a whole stream is made at once."""

from __future__ import annotations

from typing import Any

import numpy as np

Rows = np.ndarray[Any, np.dtype[np.int64]]
"""A row for each instruction, and the columns below."""

OPCODE = 0
FLAGS = 1
"""Four columns: pop_prev, pop_next, push_prev, push_next."""

FIELDS = 5
"""Eleven columns: the fields after the flags, in the order of the opcode's layout."""

TRANSFER_SRAM, TRANSFER_DRAM = FIELDS + 1, FIELDS + 2

ACTION = 16
"""What it is to the tokens, one of the numbers below."""

LOW, HIGH = 17, 18
"""First and last index that a transfer moves, or that is computed."""

INP_LOW, INP_HIGH, WGT_LOW, WGT_HIGH = 19, 20, 21, 22
"""What a GEMM instruction reads; the last is below the first where it reads nothing."""

KERNEL = 23
"""The number of its micro-ops, -1 for none."""

WIDTH = 24

LOAD_INP, LOAD_WGT, COMPUTE, STORE, FINISH = range(5)
"""Actions. A load of sums or of micro-ops is one of the compute queue."""
