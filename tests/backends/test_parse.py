"""From the name of a target to its backend."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from autosched.backends.cpu.backend import CpuBackend
from autosched.backends.kinds import KINDS, Kind, code_forms, register_backend, usage
from autosched.backends.parse import as_backend, form_on, label, parse, target_names
from autosched.errors import TargetError
from autosched.ops.resolve import resolve
from autosched.target.target import Target


def test_a_text_a_description_and_a_backend_name_the_same() -> None:
    backend = CpuBackend(Target.host())
    assert parse("cpu") == as_backend("cpu") == as_backend(Target.host()) == backend
    assert as_backend(backend) is backend


@pytest.mark.parametrize("text", ["", "gpu", "cpux", "'cpu", ":vta"])
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(TargetError, match="expected a target, got"):
        parse(text)


def test_what_describes_no_machine_is_refused() -> None:
    with pytest.raises(TargetError, match="expected a target or its text"):
        as_backend(3)  # type: ignore[arg-type]


def test_texts_in_a_database_have_labels() -> None:
    assert label("cpu -cpu=znver4 -features=+avx2") == "znver4"
    assert label("vta -config=1x16_i8w8a32_15_15_18_17 -bus_bits=64 -preset=pynq") == (
        "vta pynq 1x16_i8w8a32_15_15_18_17"
    )
    assert label("abacus -beads=7") == "abacus -beads=7"


def test_a_cpu_that_is_not_here_has_the_same_form() -> None:
    instance = resolve("matmul", {"m": 2, "n": 2, "k": 2})
    assert form_on("cpu -cpu=not-of-this-world", instance).workload is instance
    with pytest.raises(TargetError, match="expected a target"):
        form_on("abacus", instance)


def test_a_shell_completes_every_kind() -> None:
    assert {"cpu", "vta", "vta:pynq"} <= set(target_names())


def test_a_kind_is_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autosched.backends.kinds.KINDS", kinds := dict(KINDS))
    register_backend("abacus", "beads:Abacus", "abacus -beads=N", ("wood",))
    assert kinds["abacus"] == Kind("beads:Abacus", "abacus -beads=N", ("wood",))
    assert usage().endswith("; abacus -beads=N")
    assert code_forms()[-1] == "wood"


def test_a_cpu_loads_nothing_of_the_accelerator() -> None:
    code = (
        "import json, sys, autosched; "
        "kernel = autosched.build('matmul', m=2, n=2, k=2, threads=1); "
        "print(json.dumps([name for name in sys.modules if name.startswith('autosched.')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    assert "autosched.backends.cpu.backend" in loaded
    assert not [name for name in loaded if "vta" in name.split(".")]
