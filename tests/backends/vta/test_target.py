"""Accelerators as text, and the files that describe them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.backends.vta.target import VtaTarget
from autosched.errors import TargetError
from autosched.vta import VTAConfig

SIZES = st.integers(10, 20)


def written(path: Path, values: Any) -> Path:
    path.write_text(json.dumps(values))
    return path


@given(st.integers(0, 4), st.integers(0, 6), SIZES, SIZES, SIZES, SIZES, st.integers(3, 9),
       st.sampled_from(["tsim", "pynq"]), st.integers(0, 99))  # fmt: skip
def test_the_text_of_a_target_gives_it_again(
    batch: int, block: int, uop: int, inp: int, wgt: int, acc: int, bus: int, preset: str, d: int
) -> None:
    tag = f"{1 << batch}x{1 << block}_i8w8a32_{uop}_{inp}_{wgt}_{acc}"
    target = VtaTarget(tag, 1 << bus, preset, d)
    assert VtaTarget.parse(str(target)) == target


def test_short_forms() -> None:
    assert VtaTarget.parse("vta") == VtaTarget()
    assert str(VtaTarget.parse("vta")) == (
        "vta -config=1x16_i8w8a32_15_15_18_17 -bus_bits=64 -preset=tsim -dram_delay=16"
    )
    assert VtaTarget.parse("vta:pynq") == VtaTarget(preset="pynq")
    assert VtaTarget.parse("vta:pynq -bus_bits=128").bus_bits == 128


def test_the_sizes_in_a_file(tmp_path: Path) -> None:
    keys = {"TARGET": "sim", "LOG_BATCH": 2, "LOG_BLOCK": 3, "LOG_BUS_WIDTH": 7}
    path = written(tmp_path / "vta_config.json", {**keys, "preset": "pynq", "dram_delay": 3})
    target = VtaTarget.parse(f"vta:{path}")
    assert target == VtaTarget("4x8_i8w8a32_15_15_18_17", 128, "pynq", 3)
    assert VTAConfig.from_json(path).tag == target.config
    assert VtaTarget.parse(f"vta:{written(path, {})}") == VtaTarget()


def test_a_presets_file_is_known_by_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "my board.toml"
    path.write_text('name = "mine"\nextends = "tsim"\n')
    beside = written(tmp_path / "vta_config.json", {"preset": "my board.toml"})
    target = VtaTarget.parse(f"'vta:{path}'")
    assert target.preset == str(path)
    assert len(target.preset_key) == 12
    assert VtaTarget.parse(f"'vta:{beside}'") == VtaTarget.parse(str(target)) == target
    path.write_text('name = "another"\nextends = "tsim"\n')
    with pytest.raises(TargetError, match=r"expected the preset .* as it was"):
        VtaTarget.parse(str(target))
    assert VtaTarget.parse(f"'vta:{path}'") != target


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1], "expected a JSON object"),
        ({"LOG_BUTCH": 1}, "expected keys among .*LOG_BATCH, .*got LOG_BUTCH"),
        ({"LOG_BATCH": -1}, "expected LOG_BATCH to be .* from 0 to 32, got -1, in .*config.json"),
        ({"LOG_BATCH": "1"}, "got '1'"),
        ({"preset": 3}, "expected a preset's name"),
        ({"dram_delay": -3}, "a dram_delay that is a whole number of cycles, 0 or more.* and -3"),
        ({"dram_delay": 1.5}, "a dram_delay that is a whole number of cycles, 0 or more.* and 1.5"),
        ({"preset": "none.toml"}, "expected a preset's file"),
    ],
)
def test_what_describes_no_accelerator_is_refused(
    values: Any, message: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "config.json", values)
    with pytest.raises(TargetError, match=message):
        VtaTarget.parse(f"vta:{path}")


def test_a_delay_is_a_whole_number_of_cycles() -> None:
    with pytest.raises(TargetError, match=r"a whole number of cycles.* -dram_delay, got '1\.5'"):
        VtaTarget.parse("vta -dram_delay=1.5")


@pytest.mark.parametrize(
    "text", ["vta:", "vta:no/such/file.json", "vta:no/such/file.toml", "vta -config=1x16",
             "vta -bus_bits=65", "vta -bus_bits=4", "vta -dram_delay=-1", "vta -preset=",
             "vta -preset_key=xyz", "vta -threads=2", "vta pynq", "vtapynq", "vta 'x"]
)  # fmt: skip
def test_what_names_no_accelerator_is_refused(text: str) -> None:
    with pytest.raises(TargetError, match="expected"):
        VtaTarget.parse(text)


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{")
    with pytest.raises(
        TargetError, match=r"expected a JSON file of an accelerator at .*config\.json"
    ):
        VtaTarget.parse(f"vta:{path}")
