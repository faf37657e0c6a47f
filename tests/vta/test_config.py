"""Configurations: the sizes that follow from the keys, and refused keys."""

import json
from pathlib import Path

import pytest

from autosched.errors import AcceleratorError
from autosched.vta import (
    Memory,
    Simulator,
    VTAConfig,
    assemble,
    cycles,
    disassemble,
    get_env,
    lower_vta,
)

DEFAULT_TAG = "1x16_i8w8a32_15_15_18_17"

SAMPLE = {
    "TARGET": "pynq",
    "HW_VER": "0.0.2",
    "LOG_INP_WIDTH": 3,
    "LOG_WGT_WIDTH": 3,
    "LOG_ACC_WIDTH": 5,
    "LOG_BATCH": 0,
    "LOG_BLOCK": 4,
    "LOG_UOP_BUFF_SIZE": 15,
    "LOG_INP_BUFF_SIZE": 15,
    "LOG_WGT_BUFF_SIZE": 18,
    "LOG_ACC_BUFF_SIZE": 17,
}


def test_the_default_is_what_the_sample_configurations_say() -> None:
    assert VTAConfig.from_json(SAMPLE) == VTAConfig()
    assert VTAConfig().tag == DEFAULT_TAG


@pytest.mark.parametrize(
    ("memory", "depth", "element_bytes"),
    [
        (Memory.UOP, 8192, 4),
        (Memory.INP, 2048, 16),
        (Memory.WGT, 1024, 256),
        (Memory.ACC, 2048, 64),
        (Memory.OUT, 2048, 16),
    ],
)
def test_the_default_memories(memory: Memory, depth: int, element_bytes: int) -> None:
    assert VTAConfig().depth(memory) == depth
    assert VTAConfig().element_bytes(memory) == element_bytes


@pytest.mark.parametrize(
    ("tag", "batch", "block"),
    [
        (DEFAULT_TAG, 1, 16),
        ("4x8_i8w8a32_15_16_16_18", 4, 8),
        ("1x16_i8w8a32_12_13_13_13", 1, 16),
        ("1x32_i8w8a32_12_15_15_15", 1, 32),
        ("1x64_i8w8a32_12_17_17_17", 1, 64),
        ("4x32_i8w8a32_15_15_18_17", 4, 32),
    ],
)
def test_a_tag_gives_its_configuration_back(tag: str, batch: int, block: int) -> None:
    config = VTAConfig.from_tag(tag)
    assert config.tag == tag
    assert (config.batch, config.block_in, config.block_out) == (batch, block, block)


def test_a_batch_makes_elements_larger_and_memories_shallower() -> None:
    config = VTAConfig(log_batch=2, log_block=5)
    assert config.element_bytes(Memory.INP) == 4 * 32
    assert config.element_bytes(Memory.WGT) == 32 * 32
    assert config.element_bytes(Memory.ACC) == 4 * 32 * 4
    assert config.depth(Memory.ACC) == (1 << 17) // (4 * 32 * 4)


def test_the_bus_counts_in_bits() -> None:
    assert VTAConfig().bus_bytes == 8
    assert VTAConfig(log_bus_width=7).bus_bytes == 16


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "vta_config.json"
    path.write_text(json.dumps(SAMPLE | {"LOG_BUS_WIDTH": 7}))
    assert VTAConfig.from_json(path) == VTAConfig(log_bus_width=7)


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_a_file_that_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "vta_config.json"
    path.write_text(text)
    with pytest.raises(AcceleratorError, match=r"vta_config\.json"):
        VTAConfig.from_json(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AcceleratorError, match="absent"):
        VTAConfig.from_json(tmp_path / "absent.json")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"LOG_BLOK": 4}, "got LOG_BLOK"),
        ({"LOG_BATCH": -1}, "LOG_BATCH to be an integer from 0 to 32, got -1"),
        ({"LOG_BATCH": 1.0}, r"LOG_BATCH .* got 1\.0"),
        ({"LOG_BATCH": True}, "LOG_BATCH .* got True"),
        ({"LOG_INP_WIDTH": 2}, r"got \(2, 3, 5\)"),
        ({"LOG_WGT_BUFF_SIZE": 7}, "WGT buffer to hold 1 to 65536 elements of 256 bytes"),
        ({"LOG_INP_BUFF_SIZE": 21}, "INP buffer to hold"),
        ({"LOG_INP_BUFF_SIZE": 16}, "micro-op to need at most 32 bits, got 33"),
        ({"LOG_UOP_BUFF_SIZE": 16}, "first word to need at most 64 bits, got 65"),
        (
            {"LOG_INP_BUFF_SIZE": 16, "LOG_WGT_BUFF_SIZE": 17},
            "ALU instruction's second word to need at most 64 bits, got 66",
        ),
    ],
)
def test_refused_keys(changes: dict[str, object], message: str) -> None:
    with pytest.raises(AcceleratorError, match=message):
        VTAConfig.from_json(SAMPLE | changes)


@pytest.mark.parametrize("tag", ["", "1x16", "3x16_i8w8a32_15_15_18_17", "0x16_i8w8a32_1_1_1_1"])
def test_refused_tags(tag: str) -> None:
    with pytest.raises(AcceleratorError, match="expected"):
        VTAConfig.from_tag(tag)


@pytest.mark.parametrize("given", ["1x16", {"LOG_BLOCK": 4}, 3])
def test_what_is_no_configuration_is_refused_where_one_is_taken(given):
    stream = assemble("finish")
    for take in (
        lambda: Simulator(given),
        lambda: cycles(stream, config=given),
        lambda: get_env(given),
        lambda: assemble("finish", given),
        lambda: disassemble(stream, given),
        lambda: lower_vta(None, [], given),
    ):
        with pytest.raises(AcceleratorError, match="expected the configuration as a VTAConfig"):
            take()
