"""The command itself: help, versions, errors, and the streams they are written to."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import autosched
from autosched.cli.app import BUG, main
from tests.cli.calling import call, refused

ROOT = Path(__file__).parents[2]
COMMANDS = ("tune", "run", "show", "db", "workloads", "target", "cache")


def python(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)


def test_help_names_every_command_and_the_exit_statuses() -> None:
    done = call("--help")
    assert done.status == 0
    assert all(name in done.out for name in COMMANDS)
    assert "130 after" in done.out


@pytest.mark.parametrize("name", [*COMMANDS, "db best", "db import", "db query"])
def test_every_command_has_help(name: str) -> None:
    done = call(*name.split(), "--help")
    assert done.status == 0
    assert done.out.startswith(f"Usage: autosched {name}")


def test_every_command_takes_json() -> None:
    for name in COMMANDS:
        if name not in ("db", "cache"):
            assert "--json" in call(name, "--help").out


def test_the_version() -> None:
    assert call("--version").out == f"autosched {autosched.__version__}\n"


def test_it_runs_as_a_module() -> None:
    done = python("-m", "autosched", "--version")
    assert done.stdout == f"autosched {autosched.__version__}\n"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, json\nfrom autosched.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    loaded = set(json.loads(python("-c", code).stderr))
    heavy = {"llvmlite", "xgboost", "sklearn", "numpy", "sqlite_utils", "rich", "autosched.api"}
    assert not loaded & heavy


@pytest.mark.parametrize(
    "args",
    [("tnue",), ("--bogus",), ("tune",), ("db",), ("db", "bogus"), ("workloads", "extra")],
    ids=" ".join,
)
def test_a_wrong_request(args: tuple[str, ...]) -> None:
    assert call(*args).status == 2


def test_wrong_requests_are_documents_too() -> None:
    assert "No such command" in refused("tnue")
    assert "No such option" in refused("workloads", "--bogus")


def test_a_reader_that_has_enough_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m autosched workloads | head -1",
        shell=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.stdout.startswith("matmul")
    assert done.stderr == ""


def test_main_is_what_the_console_script_calls() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert 'autosched = "autosched.cli:main"' in text
    assert main.name == "autosched"


def test_a_bug_is_told_with_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def slip() -> None:
        raise KeyError("a slip of ours")

    module = importlib.import_module("autosched.ops.resolve")  # the package has a function so named
    monkeypatch.setattr(module, "registered", slip)
    done = CliRunner().invoke(main, ["workloads", "--json"])
    assert done.exit_code == 1
    assert "in slip" in done.stderr
    assert done.stderr.endswith("\nKeyError: 'a slip of ours'\nautosched: " + BUG + "\n")
    assert json.loads(done.stdout)["error"] == {"kind": "KeyError", "message": BUG, "hint": None}
