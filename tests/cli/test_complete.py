"""Completion in the shell."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = "from autosched.cli import main; main(prog_name='autosched')"


def completed(*words: str) -> list[str]:
    """Return the completions that bash is offered for the last word."""
    environment = {
        **os.environ,
        "_AUTOSCHED_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["autosched", *words]),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("tu",), ["tune"]),
        (("db", "pl"), ["plot"]),
        (("tune", "mat"), ["matmul", "matmul_int8"]),
        (("run", "matmul", "m=4", "out"), ["out_dtype="]),
        (("show", "no_such_workload", "m"), []),
        (("tune", "matmul", "--strategy", ""), ["evolutionary", "genetic", "random"]),
        (("tune", "matmul", "--target", "vta:py"), ["vta:pynq", "vta:pynq-old-alu"]),
    ],
)
def test_what_is_offered(words: tuple[str, ...], offered: list[str]) -> None:
    assert completed(*words) == offered


def test_parameters_that_are_given_are_not_offered_again() -> None:
    assert "m=" in completed("tune", "matmul", "n=4", "")
    assert "n=" not in completed("tune", "matmul", "n=4", "")


def test_the_script_for_a_shell() -> None:
    environment = {**os.environ, "_AUTOSCHED_COMPLETE": "zsh_source"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, env=environment, timeout=60
    )
    assert "compdef" in done.stdout
