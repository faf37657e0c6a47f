"""Presets: the shipped ones, a user's own, and faulty files."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from autosched.errors import AcceleratorError
from autosched.vta.timing import load_preset, preset_names
from autosched.vta.timing import preset as module
from autosched.vta.timing.preset import Bus

FOLDER = Path(module.__file__).parent / "presets"


def tsim() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "tsim.toml").read_text())


def constants(table: dict[str, Any]) -> list[dict[str, Any]]:
    if "value" in table:
        return [table]
    return [c for entry in table.values() if isinstance(entry, dict) for c in constants(entry)]


def test_those_that_ship() -> None:
    assert preset_names() == ("pynq", "pynq-old-alu", "tsim")
    for name in preset_names():
        assert load_preset(name).name == name
        assert load_preset(load_preset(name)) is load_preset(name)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_constant_has_a_unit_and_a_source(path: Path) -> None:
    found = constants(tomllib.loads(path.read_text()))
    assert found
    for entry in found:
        assert len(entry["unit"]) > 2
        assert len(entry["source"]) > 3


def test_an_extension_changes_what_it_names() -> None:
    new, old = load_preset("pynq"), load_preset("pynq-old-alu")
    assert old.compute.alu_imm_uop == 19.5
    assert old.compute.gemm == new.compute.gemm
    assert old.memory == new.memory


def test_toml_and_json_files_mean_the_same(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(tsim()))
    copy = tmp_path / "mine.toml"
    copy.write_text((FOLDER / "tsim.toml").read_text())
    assert load_preset(path) == load_preset(str(copy)) == load_preset("tsim")


def test_a_file_without_a_host_has_that_of_the_reference(tmp_path: Path) -> None:
    table = tsim()
    del table["host"]
    path = tmp_path / "own.json"
    path.write_text(json.dumps(table))
    assert load_preset(path) == load_preset("tsim")


def test_a_file_can_extend_one_that_ships(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    wide = {"value": 32, "unit": "requests", "source": "a test"}
    path.write_text(json.dumps({"extends": "tsim", "bus": {"outstanding": wide}}))
    memory = load_preset(path).memory
    assert isinstance(memory, Bus)
    assert memory.outstanding == 32
    assert memory.request_interval == 2


def refused(tmp_path: Path, change: dict[str, Any]) -> str:
    table = tsim()
    for key, value in change.items():
        section, _, name = key.rpartition(".")
        into = table[section] if section else table
        if value is None:
            del into[name]
        else:
            into[name] = value
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(table))
    with pytest.raises(AcceleratorError) as caught:
        load_preset(path)
    return caught.value.message


def value(value: object) -> dict[str, object]:
    return {"value": value, "unit": "cycles", "source": "a test"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"compute.gemm": None}, "compute: expected gemm, got none"),
        ({"compute.gem": value(1)}, "compute: expected only alu, alu_imm_uop"),
        ({"compute": None}, "expected compute, got none"),
        ({"compute": 3}, "compute: expected a table, got 3"),
        ({"memory": "cache"}, "expected memory to be 'bus' or 'ports', got 'cache'"),
        ({"memory": "ports"}, "expected ports, got none"),
        ({"compute.gemm": 7}, "compute.gemm: expected { value, unit, source }, got 7"),
        ({"compute.gemm": {"value": 7}}, "compute.gemm: expected { value, unit, source }"),
        ({"compute.gemm": value("7")}, "compute.gemm: expected a number of 0 or more, got '7'"),
        ({"compute.gemm": value(-1)}, "compute.gemm: expected a number of 0 or more, got -1"),
        ({"compute.gemm": value(True)}, "expected a number of 0 or more, got True"),
        ({"compute.gemm": value(1 << 32)}, "compute.gemm: expected a number below 2^32, got"),
        ({"fetch.batch": value(0)}, "fetch.batch: expected an integer of 1 or more, got 0"),
        ({"bus.outstanding": value(1.5)}, "expected an integer of 1 or more, got 1.5"),
        ({"bus.order": value("inp")}, "bus.order: expected a list of names, got 'inp'"),
        ({"bus.order": value(["inp"])}, "expected bus.order to name each of fetch, uop, inp"),
        ({"extends": "nothing"}, "expected extends to name one of pynq, pynq-old-alu, tsim"),
        ({"clock_mhz": value(0)}, "clock_mhz: expected a number of 1 or more, got 0"),
    ],
)
def test_a_file_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    assert message in refused(tmp_path, change)


@pytest.mark.parametrize("text", ["name =", "[1, 2]", "\\xff"])
def test_a_file_that_is_no_table(tmp_path: Path, text: str) -> None:
    for suffix in (".toml", ".json"):
        path = tmp_path / f"mine{suffix}"
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(AcceleratorError, match="expected"):
            load_preset(path)


def test_a_name_that_is_none() -> None:
    with pytest.raises(AcceleratorError, match=r"expected a preset of pynq, .* got 'tism'"):
        load_preset("tism")
    with pytest.raises(AcceleratorError, match=r"expected a preset in nowhere\.toml"):
        load_preset("nowhere.toml")
