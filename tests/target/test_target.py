"""Targets as text, and the probe of this machine."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.errors import TargetError
from autosched.target import probe
from autosched.target.probe import cache_bytes, lacking, processor_facts
from autosched.target.target import Target

_WORDS = st.text("abcxyz019+-_,.", min_size=0, max_size=12).map(lambda text: "a" + text)
_SIZES = st.integers(1, 1 << 40)


@given(_WORDS, _WORDS, st.sampled_from([128, 256, 512]), _SIZES, _SIZES, _SIZES, _SIZES, _WORDS)
def test_the_text_of_a_target_gives_it_again(
    cpu: str, features: str, bits: int, threads: int, l1: int, l2: int, l3: int, triple: str
) -> None:
    target = Target("cpu", cpu, features, bits, threads, l1, l2, l3, triple)
    assert Target.parse(str(target)) == target


def test_cpu_is_this_machine() -> None:
    assert Target.parse("cpu") == Target.host()
    assert Target.parse("cpu -threads=2") == replace(Target.host(), threads=2)
    assert Target.host() is Target.host()


def test_float_math_is_told_only_where_it_is_not_strict() -> None:
    host = Target.host()
    assert host.math == "strict"
    assert "math" not in str(host)
    fast = host.with_math("fast")
    assert str(fast).endswith(" -math=fast")
    assert Target.parse(str(fast)) == fast == Target.parse("cpu -math=fast")
    assert Target.parse("cpu -math=strict") == host
    with pytest.raises(TargetError, match="expected strict or fast for the math"):
        Target.parse("cpu -math=quick")
    with pytest.raises(TargetError, match="expected strict or fast for the math"):
        host.with_math("quick")


def test_this_machine_makes_sense() -> None:
    host = Target.host()
    assert host.kind == "cpu"
    assert host.vector_bits in (128, 256, 512)
    assert host.threads >= 1
    assert 0 < host.l1_bytes < host.l2_bytes
    assert host.vector_lanes(4) * 32 == host.vector_bits
    assert host.with_threads(3).threads == 3


@pytest.mark.parametrize(
    "text", ["", "gpu", "cpu threads=2", "cpu -threads", "cpu -color=red", "cpu -threads=x",
             "cpu -threads=0", "cpu -vector_bits=-1", "cpu -vector_bits=7"]
)  # fmt: skip
def test_what_names_no_target_is_refused(text: str) -> None:
    with pytest.raises(TargetError, match="expected"):
        Target.parse(text)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("-cpu=bogus", "'bogus' is not a recognized processor"),
        ("-features=+avx2,+bogus", r"'\+bogus' is not a recognized feature"),
        ("-features=+avx2,sse", "the feature 'sse' without"),
        ("-triple=nonsense", "No available targets"),
    ],
)
def test_what_llvm_does_not_know_is_refused(options: str, complaint: str) -> None:
    with pytest.raises(TargetError, match=f"that LLVM knows.*got.*{complaint}"):
        Target.parse(f"cpu {options}")


def test_a_processor_that_llvm_knows_is_taken() -> None:
    host = Target.host()
    assert Target.parse("cpu -cpu=x86-64 -triple=x86_64-unknown-linux-gnu -features=+sse2") == (
        replace(host, cpu="x86-64", triple="x86_64-unknown-linux-gnu", features="+sse2")
    )


def test_cache_sizes_are_read_as_the_kernel_writes_them(tmp_path: Path) -> None:
    rows = [("Data", 1, "48K"), ("Instruction", 1, "64K"), ("Unified", 2, "2048K")]
    for number, (kind, level, size) in enumerate([*rows, ("Unified", 3, "32M")]):
        folder = tmp_path / f"index{number}"
        folder.mkdir()
        for name, text in (("type", kind), ("level", level), ("size", size)):
            (folder / name).write_text(f"{text}\n")
    assert cache_bytes(tmp_path) == {1: 48 << 10, 2: 2 << 20, 3: 32 << 20}
    assert cache_bytes(tmp_path / "missing") == {}


def test_a_processor_is_told_from_another_by_its_model_and_features(tmp_path: Path) -> None:
    one = "processor : {}\nvendor_id : V\ncpu family : 6\nmodel : 1\nmodel name : M\nstepping : 2\n"
    one += "cpu MHz : {}\nflags : fpu sse2\n\n"
    file = tmp_path / "cpuinfo"
    file.write_text(one.format(0, 2300) + one.format(1, 800))
    found = processor_facts(file)
    file.write_text(one.format(4, 1000))
    assert processor_facts(file) == found
    file.write_text(one.format(0, 2300).replace("sse2", "sse2 avx"))
    assert processor_facts(file) != found
    file.write_text("processor : 0\nCPU implementer : 0x41\n")
    assert processor_facts(file) == processor_facts(tmp_path / "missing") == []


@pytest.mark.parametrize("noise", ["welcome\n{}", "{}\nwelcome", "{}"])
def test_what_another_process_prints_beside_is_left_out(
    noise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = probe.told()
    monkeypatch.setattr(probe, "sys", SimpleNamespace(modules={}))
    monkeypatch.setattr(
        subprocess, "check_output", lambda *_, **__: noise.format(f"{wanted}\n").encode()
    )
    assert probe._told_apart().decode() == wanted


def test_a_target_needs_no_llvm_until_it_is_probed() -> None:
    code = (
        "import sys; from autosched.target.target import Target; "
        "Target.parse('cpu -cpu=a -features=+b -vector_bits=128 -threads=1 -l1_bytes=1 "
        "-l2_bytes=1 -l3_bytes=1 -triple=t'); sys.exit('llvmlite' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("triple", "features", "registers"),
    [
        ("x86_64-unknown-linux-gnu", "+sse2", 16),
        ("x86_64-unknown-linux-gnu", "+avx2,+fma,-avx512f", 16),
        ("x86_64-unknown-linux-gnu", "+avx512f", 32),
        ("aarch64-unknown-linux-gnu", "+neon", 32),
    ],
)
def test_vector_registers(triple: str, features: str, registers: int) -> None:
    target = Target("cpu", "any", features, 128, 1, 1, 1, 1, triple)
    assert target.vector_registers == registers


def test_what_this_machine_cannot_run_is_refused() -> None:
    host = Target.host()
    host.check_runs_here()
    other = "aarch64" if host.triple.startswith("x86_64") else "x86_64"
    elsewhere = replace(host, triple=f"{other}-unknown-linux-gnu", cpu="", features="")
    with pytest.raises(TargetError, match=f"this machine can run, got one with {other}"):
        elsewhere.check_runs_here()
    damaged = Target.parse(str(host).replace("-features=", "-features=x,"))
    with pytest.raises(TargetError, match="the feature 'x' without"):
        damaged.check_runs_here()


def test_what_no_kernel_uses_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    has = {"avx2": True, "avx512f": False, "vaes": False, "amx-tile": False}
    monkeypatch.setattr("llvmlite.binding.get_host_cpu_features", lambda: has)
    triple = Target.host().triple
    assert lacking(triple, "+avx2,+vaes,+amx-tile,-sha") == []
    assert lacking(triple, "+avx2,+vaes,+avx512f") == ["avx512f"]


def test_the_tolerance_is_told_only_where_it_is_not_the_default() -> None:
    host = Target.host()
    assert host.tolerance == 1e-4
    assert "tolerance" not in str(host)
    exact = host.with_tolerance(0)
    assert Target.parse(str(exact)) == exact == Target.parse("cpu -tolerance=0")
    assert Target.parse("cpu -tolerance=0.0001") == host
    for wrong in ("-1", "2", "nan", "much"):
        with pytest.raises(TargetError, match=r"expected a (tolerance from 0 to 1|number)"):
            Target.parse(f"cpu -tolerance={wrong}")
    with pytest.raises(TargetError, match="expected a tolerance from 0 to 1, got 'none'"):
        host.with_tolerance("none")  # type: ignore[arg-type]


def test_a_gpu_is_emulated_where_the_target_says_so() -> None:
    host = Target.host()
    assert "gpu" not in str(host)
    assert Target.parse("cpu -gpu=emulated") == host.emulating_gpu()
    assert Target.parse(str(host.emulating_gpu())).gpu == "emulated"
    with pytest.raises(TargetError, match="expected none or emulated for -gpu, got 'cuda'"):
        Target.parse("cpu -gpu=cuda")
