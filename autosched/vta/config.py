"""The sizes of an accelerator: the keys of `vta_config.json`, and the sizes they imply."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from os import PathLike
from pathlib import Path
from typing import Any

from autosched.errors import AcceleratorError, a_kind


class Memory(IntEnum):
    """The memories on the chip; the values are their numbers in instructions."""

    UOP = 0
    WGT = 1
    INP = 2
    ACC = 3
    OUT = 4


SRAM_BASE_BITS = 16
LOOP_BITS = 14
UOP_BITS = 32

HARDWARE_UOPS = 2048
"""Micro-ops that the RTL's memory holds, whatever the configuration says."""

UOP_DISTANCE = 3
"""The least number of micro-ops from a write of a sum to its next use: the pipelines need it,
and TVM's runtime refuses less."""

MAX_TOKENS = 255
"""Tokens that a queue holds; the hardware counts them in eight bits."""

TAG = re.compile(r"(\d+)x(\d+)_i(\d+)w(\d+)a(\d+)_(\d+)_(\d+)_(\d+)_(\d+)")
"""The name of a configuration, such as `1x16_i8w8a32_15_15_18_17`: see `VTAConfig.tag`."""


@dataclass(frozen=True, slots=True)
class VTAConfig:
    """The `LOG_*` keys as base-2 logarithms: widths in bits, buffers in bytes, bus in bits.

    The defaults are those of every sample configuration of VTA. Inputs and weights have 8 bits
    and sums 32; other widths are refused. The output buffer is as deep as the accumulator.
    """

    log_inp_width: int = 3
    log_wgt_width: int = 3
    log_acc_width: int = 5
    log_batch: int = 0
    log_block: int = 4
    log_uop_buff_size: int = 15
    log_inp_buff_size: int = 15
    log_wgt_buff_size: int = 18
    log_acc_buff_size: int = 17
    log_bus_width: int = 6

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not int or not 0 <= value <= 32:
                raise AcceleratorError(
                    f"expected {field.name.upper()} to be an integer from 0 to 32, got {value!r}"
                )
        widths = (self.log_inp_width, self.log_wgt_width, self.log_acc_width)
        if widths != (3, 3, 5):
            raise AcceleratorError(
                "expected LOG_INP_WIDTH, LOG_WGT_WIDTH and LOG_ACC_WIDTH of 3, 3 and 5 "
                f"(int8, int8 and int32), got {widths}"
            )
        for memory in Memory:
            self._check_depth(memory)
        self._check_fields()

    def _check_depth(self, memory: Memory) -> None:
        if not 0 <= self.log_depth(memory) <= SRAM_BASE_BITS:
            raise AcceleratorError(
                f"expected the {memory.name} buffer to hold 1 to {1 << SRAM_BASE_BITS} elements "
                f"of {self.element_bytes(memory)} bytes, got 2^{self.log_depth(memory)}",
                hint=f"change LOG_{memory.name}_BUFF_SIZE, LOG_BATCH or LOG_BLOCK",
            )

    def _check_fields(self) -> None:
        """Raise AcceleratorError if fields do not fit into the words that hold them."""
        acc, inp, wgt, uop = (
            self.log_depth(memory) for memory in (Memory.ACC, Memory.INP, Memory.WGT, Memory.UOP)
        )
        sizes = f"depths of 2^{acc} acc, 2^{inp} inp, 2^{wgt} wgt and 2^{uop} uop elements"
        for what, bits, limit in (
            ("a micro-op", acc + inp + wgt, UOP_BITS),
            ("an instruction's first word", 8 + 2 * uop + 1 + 2 * LOOP_BITS, 64),
            ("an ALU instruction's second word", 2 * (acc + inp) + 20, 64),
        ):
            if bits > limit:
                raise AcceleratorError(
                    f"expected {what} to need at most {limit} bits, got {bits} from {sizes}",
                    hint="make a buffer smaller",
                )

    @property
    def batch(self) -> int:
        """Rows of an input and of a sum."""
        return 1 << self.log_batch

    @property
    def block_in(self) -> int:
        """Input channels of an input and of a weight."""
        return 1 << self.log_block

    @property
    def block_out(self) -> int:
        """Output channels of a weight and of a sum."""
        return 1 << self.log_block

    @property
    def bus_bytes(self) -> int:
        """Bytes the bus carries in a cycle."""
        return max(1, (1 << self.log_bus_width) // 8)

    def log_element_bytes(self, memory: Memory) -> int:
        """Return the logarithm of `element_bytes`."""
        rows, block = self.log_batch, self.log_block
        return {
            Memory.UOP: 2,
            Memory.WGT: 2 * block,
            Memory.INP: rows + block,
            Memory.ACC: rows + block + 2,
            Memory.OUT: rows + block,
        }[memory]

    def element_bytes(self, memory: Memory) -> int:
        """Bytes of an element of `memory`; DRAM addresses in instructions count such elements."""
        return 1 << self.log_element_bytes(memory)

    def log_depth(self, memory: Memory) -> int:
        """Return the logarithm of `depth`."""
        if memory is Memory.OUT:
            memory = Memory.ACC
        size: int = getattr(self, f"log_{memory.name.lower()}_buff_size")
        return size - self.log_element_bytes(memory)

    def depth(self, memory: Memory) -> int:
        """Elements that `memory` holds."""
        return 1 << self.log_depth(memory)

    @property
    def tag(self) -> str:
        """The name in bitstreams, such as `1x16_i8w8a32_15_15_18_17`; the bus is no part of it."""
        return (
            f"{self.batch}x{self.block_in}"
            f"_i{1 << self.log_inp_width}w{1 << self.log_wgt_width}a{1 << self.log_acc_width}"
            f"_{self.log_uop_buff_size}_{self.log_inp_buff_size}"
            f"_{self.log_wgt_buff_size}_{self.log_acc_buff_size}"
        )

    @classmethod
    def from_tag(cls, tag: str) -> VTAConfig:
        """Return the configuration of a name such as `1x16_i8w8a32_15_15_18_17`."""
        match = TAG.fullmatch(tag)
        if match is None:
            raise AcceleratorError(
                f"expected a tag such as {cls().tag!r}, got {tag!r}",
                hint="batch x block, widths of input, weight and sum, "
                "logarithms of the uop, inp, wgt and acc buffers in bytes",
            )
        numbers = [int(number) for number in match.groups()]
        batch, block, inp, wgt, acc = (_log2(number, tag) for number in numbers[:5])
        uop_size, inp_size, wgt_size, acc_size = numbers[5:]
        return cls(inp, wgt, acc, batch, block, uop_size, inp_size, wgt_size, acc_size)

    @classmethod
    def from_json(cls, source: str | PathLike[str] | Mapping[str, Any]) -> VTAConfig:
        """Return the configuration in a `vta_config.json`, given by its path or as a mapping.

        Keys that do not begin with `LOG_` are ignored; a `LOG_` key that is missing takes its
        default.
        """
        values = source if isinstance(source, Mapping) else read_json(Path(source))
        known = {field.name.upper() for field in fields(cls)}
        given = {key: value for key, value in values.items() if key.startswith("LOG_")}
        if unknown := sorted(given.keys() - known):
            raise AcceleratorError(
                f"expected keys among {', '.join(sorted(known))}, got {', '.join(unknown)}"
            )
        return cls(**{key.lower(): value for key, value in given.items()})


def checked(config: object) -> VTAConfig:
    """Return a configuration, the default for None. Raises AcceleratorError for another type."""
    if config is None:
        return VTAConfig()
    if not isinstance(config, VTAConfig):
        raise AcceleratorError(
            f"expected the configuration as a VTAConfig, got {a_kind(config)}",
            hint="VTAConfig.from_json reads a file or a mapping, VTAConfig.from_tag a name",
        )
    return config


def _log2(number: int, tag: str) -> int:
    if number <= 0 or number & (number - 1):
        raise AcceleratorError(f"expected powers of two in a tag, got {number} in {tag!r}")
    return number.bit_length() - 1


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file of an accelerator. Raises AcceleratorError."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AcceleratorError(
            f"expected a JSON file of an accelerator at {path}, got {error}"
        ) from error
    if not isinstance(values, dict):
        raise AcceleratorError(f"expected a JSON object in {path}, got {a_kind(values)}")
    return values
