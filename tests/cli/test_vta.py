"""The commands on an accelerator."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autosched.vta import assemble, cycles
from tests.cli.calling import Call, call, refused

CONV = ("conv2d_int8", "ci=16", "h=6", "w=5", "co=32", "padding=1", "bias=true", "relu=true")
VTA = ("--target", "vta")


@pytest.fixture(scope="module")
def tuning(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Call]:
    """Return the database of a tuning run and the reply of the run."""
    path = str(tmp_path_factory.mktemp("vta") / "tuned.db")
    return path, call(
        "tune", *CONV, *VTA, "--trials", "1", "--threads", "1", "--db", path, "--json"
    )


def test_tune_counts_cycles(tuning: tuple[str, Call]) -> None:
    found = tuning[1].document
    best = found["best"]
    assert found["trials"] == 1
    assert found["threads"] == 1
    assert found["target"].startswith("vta -config=1x16_")
    assert best["time_ns"] == best["cycles"] * 10
    assert best["microseconds"] == best["cycles"] / 100
    assert 0 < best["gemm_utilisation"] < 1
    assert "gflops" not in best
    assert best["python"]
    assert re.search(r"1/1  best \d+ cycles, \d+\.\d GOP/s", tuning[1].err)


def test_tune_says_so_in_words(tuning: tuple[str, Call]) -> None:
    again = call("tune", *CONV, *VTA, "--trials", "0", "--db", tuning[0])
    best = tuning[1].document["best"]["cycles"]
    assert re.search(rf"\nbest +{best} cycles", again.out)
    assert re.search(r"\nGEMM core +\d+\.\d% of the cycles", again.out)
    assert "GFLOP" not in again.out


def test_run_checks_counts_and_draws(tuning: tuple[str, Call], tmp_path: Path) -> None:
    svg, trace = tmp_path / "t.svg", tmp_path / "t.json"
    pictures = ("--timeline", str(svg), "--timeline", str(trace))
    done = call("run", *CONV, *VTA, "--db", tuning[0], *pictures, "--json")
    found = done.document
    assert done.status == 0
    assert (found["correct"], found["portable"], found["schedule"]) == (True, True, "tuned")
    assert found["cycles"] == tuning[1].document["best"]["cycles"]
    assert found["bytes"]["out"] == 32 * 6 * 5
    assert found["bytes"]["wgt"] == 16 * 32 * 9
    assert set(found["units"]) == {"fetch", "load", "compute", "store"}
    for unit in found["units"].values():
        assert unit["busy"] + sum(unit["waits"].values()) + unit["idle"] == found["cycles"]
    assert ElementTree.parse(svg).getroot().tag.endswith("svg")
    assert json.loads(trace.read_text())["otherData"]["total_cycles"] == found["cycles"]


def test_run_in_words() -> None:
    text = call("run", *CONV, "--target", "vta:pynq").out
    assert "correct, bit by bit" in text
    assert re.search(r"cycles +\d+, .* at 100 MHz \(preset pynq\)", text)
    for word in ("GEMM core", "fetch", "compute", "inp", "wgt", "out"):
        assert f"\n{word} " in text


def test_run_takes_an_expression_in_packed_layout(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "from autosched import te\n"
        "def halved(m: int):\n"
        "    a = te.placeholder((m, 1, 16), 'int32', name='a')\n"
        "    b = te.compute(a.shape, lambda *i: a(*i) >> 1, name='b')\n"
        "    return [a, te.compute(a.shape, lambda *i: b(*i).astype('int8'), name='c')]\n"
    )
    assert call("run", f"{file}:halved", "m=4", *VTA, "--json").document["correct"]


def test_show_prints_the_program(tuning: tuple[str, Call]) -> None:
    text = call("show", *CONV, *VTA, "--db", tuning[0], "--ir", "vta").out
    assert cycles(assemble(text)).total == tuning[1].document["best"]["cycles"]
    assert "# weight: int8 [2, 1, 3, 3, 16, 16] at byte" in text
    document = call("show", *CONV, *VTA, "--db", tuning[0], "--ir", "vta", "--json").document
    assert document["workload"]["key"] == tuning[1].document["workload"]["key"]


@pytest.mark.parametrize(
    ("form", "says"),
    [("loops", "local.acc_buffer"), ("python", ".tensorize("), ("trace", '"tensorize"')],
)
def test_show_prints_the_schedule_too(form: str, says: str) -> None:
    assert says in call("show", *CONV, *VTA, "--ir", form, "--schedule", "default").out


def test_the_database_finds_it_by_its_ordinary_name(tuning: tuple[str, Call]) -> None:
    path = ("--db", tuning[0])
    (best,) = call("db", "best", *CONV, *path, "--json").document["best"]
    assert best["time_ns"] == tuning[1].document["best"]["time_ns"]
    assert "vta tsim 1x16_i8w8a32_15_15_18_17" in call("db", "list", *path).out
    assert len(call("db", "list", *VTA, *path, "--json").document["tasks"]) == 1
    assert call("db", "list", "--target", "vta:pynq", *path, "--json").document["tasks"] == []
    assert call("db", "best", *CONV, "--target", "vta:pynq", *path).status == 1
    assert call("db", "best", *CONV[:4], "co=48", *path).status == 1


def test_target_describes_it() -> None:
    found = call("target", "--target", "vta:pynq -bus_bits=128", "--json").document
    assert found["config"]["log_bus_width"] == 7
    assert found["buffers"]["wgt"] == {"elements": 1024, "element_bytes": 256}
    assert found["preset"]["name"] == "pynq"
    assert found["peak_gops"] == 51.2
    assert "1 x 16 by 16 x 16 a cycle" in call("target", *VTA).out


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("run", *CONV, *VTA, "--timeline", "t.png"), "ends in .svg or .json"),
        (
            ("run", *CONV, "--timeline", "t.svg"),
            "expected a target whose runs have a timeline",
        ),
        (("run", *CONV, *VTA, "--timeline", "no/such/folder/t.svg"), "expected a file to write"),
        (("show", *CONV, *VTA, "--ir", "asm"), "--ir asm does not go with"),
        (("show", *CONV, "--ir", "vta"), "--ir vta does not go with"),
        (("show", *CONV, *VTA, "--passes"), "no passes run for a target of kind vta"),
        (("show", *CONV, *VTA, "--after", "unroll"), "no passes run for a target of kind vta"),
        (("tune", *CONV, "--target", "vta:nowhere"), "expected a preset of pynq"),
        (("target", "--target", "vta:no.json"), "expected a JSON file"),
        (("run", "softmax", "m=4", "n=4", *VTA), "expected a workload with a form"),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_refused(args: tuple[str, ...], says: str) -> None:
    assert says in refused(*args)


def test_a_timeline_takes_the_place_of_nothing_that_is_read(tmp_path: Path) -> None:
    config = tmp_path / "mine.json"
    config.write_text('{"TARGET": "sim"}')
    said = refused("run", *CONV, "--target", f"vta:{config}", "--timeline", str(config))
    assert "expected a file to write that is not read at the same time" in said
    assert config.read_text() == '{"TARGET": "sim"}'


def test_tune_says_why_nothing_works(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "from autosched import te\n\n\n"
        "def own():\n"
        '    a = te.placeholder((5, 1, 16), "float32", name="a")\n'
        '    b = te.compute(a.shape, lambda *i: a(*i) * 2.0, name="b")\n'
        '    return [a, te.compute(a.shape, lambda *i: b(*i).astype("int8"), name="c")]\n'
    )
    path = str(tmp_path / "own.db")
    found = call("tune", f"{file}:own", *VTA, "--trials", "1", "--threads", "1", "--db", path)
    assert found.status == 1
    assert re.search(r"\nreason +expected int8 and int32 tensors for the accelerator", found.out)
