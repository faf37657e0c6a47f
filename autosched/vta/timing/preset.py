"""Presets: the constants of the cycle model, each with its unit and its source.

A preset is a TOML or JSON file. The three that ship lie in `presets/`; any other is named by
its path. `extends` names a shipped preset that gives the constants the file leaves out.
"""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from autosched.errors import AcceleratorError

_SHIPPED = Path(__file__).parent / "presets"
_HINT = "copy a shipped preset, such as tsim.toml, and change its values"

REFERENCE = "tsim"
"""The preset whose host is taken by a file that has none."""

CLIENTS = ("fetch", "uop", "inp", "wgt", "acc")
"""The readers of DRAM."""

_COUNTS = {
    "batch",
    "clock_mhz",
    "queue_depth",
    "tokens",
    "burst_beats",
    "outstanding",
    "request_interval",
    "mops",
    "mbytes",
}
"""Constants that are at least 1; others are at least 0."""

LIMIT = 1 << 32
"""Constants are below this, so that sums of many of them stay in 64 bits."""

Cost = int | float
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetch:
    """How instructions reach the queues of the units; cycles unless the file says otherwise."""

    launch: Cost
    batch: int
    handout: Cost
    per_instruction: Cost
    arrival: Cost
    turnaround: Cost
    queue_depth: int


@dataclass(frozen=True, slots=True)
class Compute:
    """GEMM and ALU: cycles to start and for each micro-op; `tokens` is what a queue holds."""

    sync: Cost
    finish: Cost
    gemm: Cost
    gemm_uop: Cost
    alu: Cost
    alu_imm_uop: Cost
    alu_tensor_uop: Cost
    tokens: int


@dataclass(frozen=True, slots=True)
class StoreCosts:
    """The cycles of a STORE are the sum of these; nothing competes with it for the write port."""

    start: Cost
    per_row: Cost
    per_burst: Cost
    per_beat: Cost
    per_vector: Cost


@dataclass(frozen=True, slots=True)
class Bus:
    """One read bus for all clients; the DRAM's start delay is an argument of the model."""

    burst_beats: int
    outstanding: int
    request_interval: int
    accept: int
    top_pad_row: int
    request: int
    drain_wide: int
    drain_narrow: int
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Port:
    """A read port of one client: the cycles of a LOAD through it are the sum of these."""

    start: Cost
    per_row: Cost
    per_beat: Cost
    per_padding: Cost


@dataclass(frozen=True, slots=True)
class Host:
    """The processor beside it: 10^6 operations on int8, and 10^6 bytes moved, a second."""

    mops: Cost
    mbytes: Cost


@dataclass(frozen=True, slots=True)
class Preset:
    """The constants of one machine; `memory` is a shared bus, or a port for each client."""

    name: str
    description: str
    clock_mhz: Cost
    fetch: Fetch
    compute: Compute
    store: StoreCosts
    memory: Bus | dict[str, Port]
    host: Host


@cache
def preset_names() -> tuple[str, ...]:
    """Return the names of the shipped presets."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def load_preset(source: str | PathLike[str] | Preset) -> Preset:
    """Return a shipped preset by name, or the one in a `.toml` or `.json` file.

    Raises `AcceleratorError` naming the constant that is missing, unknown or no number.
    """
    if isinstance(source, Preset):
        return source
    if source in preset_names():
        return _shipped(str(source))
    if not isinstance(source, str | PathLike):
        raise AcceleratorError(f"expected a preset's name or file, got {source!r}", hint=_HINT)
    path = Path(source)
    if path.suffix not in (".toml", ".json"):
        raise AcceleratorError(
            f"expected a preset of {', '.join(preset_names())} or a .toml or .json file, "
            f"got {str(source)!r}",
            hint=_HINT,
        )
    return _preset(_read(path), str(path))


@cache
def _shipped(name: str) -> Preset:
    path = _SHIPPED / f"{name}.toml"
    return _preset(_read(path), str(path))


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise AcceleratorError(f"expected a preset in {path}, got {error}", hint=_HINT) from error
    if not isinstance(table, dict):
        raise AcceleratorError(f"expected a table of constants in {path}", hint=_HINT)
    base = table.pop("extends", None)
    if base is None:
        return table
    if base not in preset_names():
        raise AcceleratorError(
            f"{path}: expected extends to name one of {', '.join(preset_names())}, got {base!r}"
        )
    return _merged(_read(_SHIPPED / f"{base}.toml"), table)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`base` updated by `over`; a constant is replaced with its unit and source."""
    result = dict(base)
    for key, value in over.items():
        nested = (
            isinstance(value, dict) and "value" not in value and isinstance(base.get(key), dict)
        )
        result[key] = _merged(base[key], value) if nested else value
    return result


def _preset(table: dict[str, Any], where: str) -> Preset:
    kind = table.get("memory")
    if kind not in ("bus", "ports"):
        raise AcceleratorError(f"{where}: expected memory to be 'bus' or 'ports', got {kind!r}")
    known = {"name", "description", "clock_mhz", "memory", "fetch", "compute", "store", kind}
    if "host" not in table:
        table = {**table, "host": _read(_SHIPPED / f"{REFERENCE}.toml")["host"]}
    _check_keys(table, known | {"host"}, where)
    memory: Bus | dict[str, Port]
    if kind == "bus":
        memory = _section(Bus, table["bus"], f"{where}: bus")
        if sorted(memory.order) != sorted(CLIENTS):
            raise AcceleratorError(
                f"{where}: expected bus.order to name each of {', '.join(CLIENTS)} once, "
                f"got {', '.join(memory.order)}"
            )
    else:
        _check_keys(table["ports"], set(CLIENTS), f"{where}: ports")
        memory = {
            client: _section(Port, table["ports"][client], f"{where}: ports.{client}")
            for client in CLIENTS
        }
    return Preset(
        name=str(table["name"]),
        description=str(table["description"]),
        clock_mhz=_constant(table["clock_mhz"], Cost, f"{where}: clock_mhz"),
        fetch=_section(Fetch, table["fetch"], f"{where}: fetch"),
        compute=_section(Compute, table["compute"], f"{where}: compute"),
        store=_section(StoreCosts, table["store"], f"{where}: store"),
        memory=memory,
        host=_section(Host, table["host"], f"{where}: host"),
    )


def _section(kind: type[T], table: Any, where: str) -> T:
    hints = get_type_hints(kind)
    _check_keys(table, {field.name for field in fields(kind)}, where)  # type: ignore[arg-type]
    return kind(**{k: _constant(table[k], hints[k], f"{where}.{k}") for k in hints})


def _check_keys(table: Any, known: set[str], where: str) -> None:
    if not isinstance(table, dict):
        raise AcceleratorError(f"{where}: expected a table, got {table!r}", hint=_HINT)
    if missing := sorted(known - table.keys()):
        raise AcceleratorError(f"{where}: expected {', '.join(missing)}, got none", hint=_HINT)
    if unknown := sorted(table.keys() - known):
        raise AcceleratorError(
            f"{where}: expected only {', '.join(sorted(known))}, got {', '.join(unknown)}"
        )


def _constant(entry: Any, kind: Any, where: str) -> Any:
    """Return the value of `{value, unit, source}`."""
    if not isinstance(entry, dict) or entry.keys() != {"value", "unit", "source"}:
        raise AcceleratorError(
            f"{where}: expected {{ value, unit, source }}, got {entry!r}",
            hint="say what the constant is measured in and where it comes from",
        )
    value = entry["value"]
    if kind == tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return tuple(value)
        raise AcceleratorError(f"{where}: expected a list of names, got {value!r}")
    allowed = get_args(kind) or (kind,)
    least = 1 if where.split()[-1].split(".")[-1] in _COUNTS else 0
    what = "a number" if float in allowed else "an integer"
    if type(value) not in allowed or not least <= value < math.inf:
        raise AcceleratorError(f"{where}: expected {what} of {least} or more, got {value!r}")
    if value >= LIMIT:
        raise AcceleratorError(f"{where}: expected {what} below 2^32, got {value!r}")
    return value
