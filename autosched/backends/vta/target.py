"""The description of an accelerator: its configuration and the preset of its cycle model."""

from __future__ import annotations

import hashlib
import re
import shlex
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from autosched.config import expanded
from autosched.errors import AcceleratorError, TargetError
from autosched.target.target import option_of, target_words
from autosched.vta.config import TAG, VTAConfig, read_json

_HINT = "write vta, vta:pynq, vta:FILE.json, or such as 'vta -preset=pynq -bus_bits=128'"


@dataclass(frozen=True)
class VtaTarget:
    """An accelerator, and the cycle model that times its programs.

    `config` is the tag of its sizes (`autosched.vta.VTAConfig.from_tag` reads it), `preset`
    a shipped preset's name or the absolute path of a file, with `preset_key` the beginning
    of the SHA-256 of that file, `dram_delay` the DRAM's start delay in cycles.
    """

    config: str = "1x16_i8w8a32_15_15_18_17"
    bus_bits: int = 64
    preset: str = "tsim"
    dram_delay: int = 16
    preset_key: str = ""

    kind: ClassVar[str] = "vta"

    @staticmethod
    def parse(text: str) -> VtaTarget:
        """Return the target of a text: `vta` or `vta:PRESET` or `vta:FILE`, then options.

        The text of a target, `str(target)`, gives that target again. Raises TargetError for
        an invalid option, or a file that cannot be read.
        """
        words = target_words(text)
        head, colon, name = words[0].partition(":")
        if head != VtaTarget.kind:
            raise TargetError(f"expected an accelerator as the target, got {text!r}", hint=_HINT)
        given: dict[str, Any] = dict(_option(word, text) for word in words[1:])
        target = replace(_named(name) if colon else VtaTarget(), **given)
        return _with_file(target, str(given.get("preset_key", "")))

    def __str__(self) -> str:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        options = [f"-{name}={value}" for name, value in values.items() if value != ""]
        return " ".join([self.kind, *map(shlex.quote, options)])


def _named(name: str) -> VtaTarget:
    """Return the target for the text after `vta:`: a file of sizes or of a preset, or a name."""
    if name.endswith(".json"):
        return _configured(Path(name))
    if not name:
        raise TargetError("expected a preset or a file after 'vta:', got nothing", hint=_HINT)
    return VtaTarget(preset=name)


def _configured(path: Path) -> VtaTarget:
    """Read a target from a `vta_config.json`, which may also have `preset` and `dram_delay`."""
    try:
        values = read_json(path)
        config = VTAConfig.from_json(values)
    except AcceleratorError as error:
        raise TargetError(f"{error.message}, in {path}", hint=error.hint) from error
    preset, delay = values.get("preset", VtaTarget.preset), values.get("dram_delay", 16)
    if not isinstance(preset, str) or type(delay) is not int or delay < 0:
        raise TargetError(
            "expected a preset's name, and a dram_delay that is a whole number of cycles, 0 or "
            f"more, in {path}, got {preset!r} and {delay!r}"
        )
    if _is_file(preset):
        preset = str(path.parent / preset)
    return VtaTarget(config.tag, 1 << config.log_bus_width, preset, delay)


def _with_file(target: VtaTarget, wanted: str) -> VtaTarget:
    """Return the target with the absolute path of its preset's file and the key of its content."""
    if not _is_file(target.preset):
        return replace(target, preset_key="")
    path = expanded(target.preset).absolute()
    try:
        key = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except OSError as error:
        raise TargetError(f"expected a preset's file, got {error}") from error
    if wanted not in ("", key):
        raise TargetError(
            f"expected the preset {path} as it was, {wanted}, got it changed, {key}",
            hint=f"what was tuned for it as it is now goes by vta:{path}",
        )
    return replace(target, preset=str(path), preset_key=key)


def _is_file(preset: str) -> bool:
    return preset.endswith((".toml", ".json"))


def _option(word: str, text: str) -> tuple[str, int | str]:
    """Return the name and the value of an option. Raises TargetError."""
    name, value = option_of(word, text, _CHECKS)
    what, accepts = _CHECKS[name]
    if not accepts(value):
        raise TargetError(f"expected {what} for -{name}, got {value!r}", hint=_HINT)
    return name, int(value) if name in ("bus_bits", "dram_delay") else value


_CHECKS: dict[str, tuple[str, Any]] = {
    "config": (f"a tag such as {VtaTarget.config}", TAG.fullmatch),
    "bus_bits": ("a power of two, 8 or more", lambda v: v.isdecimal() and _is_bus(int(v))),
    "preset": ("a preset's name or file", bool),
    "dram_delay": ("a whole number of cycles, 0 or more,", str.isdecimal),
    "preset_key": ("12 hexadecimal digits", re.compile("[0-9a-f]{12}").fullmatch),
}


def _is_bus(bits: int) -> bool:
    return bits >= 8 and bits & (bits - 1) == 0
