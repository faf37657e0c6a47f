"""Imports run one way among units."""

import ast
import json
import subprocess
import sys
from collections import defaultdict

import pytest

from autosched.backends.kinds import KINDS
from tests.imports import PACKAGE, ROOT, imported_modules, imported_names, sources

# A unit may import the units above its own line, and its neighbours on it one way only.
LAYERS = [
    {"errors", "config", "files", "fingerprint", "text"},
    {"disk_cache", "ir", "runtime", "tuning_logs"},
    {"te", "analysis", "target"},
    {"schedule"},
    {"te/__init__"},
    {"lowering", "passes"},
    {"codegen", "vta"},
    {"stepwise"},
    {"building"},
    {"candidates"},
    {"ops"},
    {"measure"},
    {"cost_model"},
    {"search.space"},
    {"backends"},
    {"search"},
    {"graph"},
    {"frontend"},
    {"api"},
    {"models"},
    {"__init__", "tvm"},
    {"cli"},
    {"__main__"},
]
LAYER = {unit: number for number, units in enumerate(LAYERS) for unit in units}

# The users' names: all of te, and the schedules, which stand on the other files of te.
NAMESPACE = "autosched.te"

# These two stand aside: an exported artefact loads, and a database opens, without a compiler.
ALONE = {"runtime": {"config", "errors"}, "tuning_logs": {"errors"}}

# What belongs to one kind of target: nothing above the backends names any of it.
OF_A_KIND = (*(f"autosched.backends.{kind}." for kind in KINDS), "autosched.vta.")

# The names of the scripts that TVM has for the accelerator alone.
SCRIPTS_OF_A_KIND = "autosched.tvm.vta"

HEAVY = ("llvmlite", "xgboost", "sklearn")


def unit_of(module: str) -> str:
    if module in ("autosched", NAMESPACE):
        return "__init__" if module == "autosched" else "te/__init__"
    inner = ".".join(module.split(".")[1:3])
    return inner if inner in LAYER else module.split(".")[1]


def imported_units(source: str) -> set[str]:
    return {unit_of(module) for module in imported_modules(source)}


def edges() -> dict[str, dict[str, list[str]]]:
    """For each unit, the units it imports, and which of its files do so."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for module, path in sources().items():
        for unit in imported_units(path.read_text()) - {unit_of(module)}:
            found[unit_of(module)][unit].append(str(path.relative_to(ROOT)))
    return found


def test_every_unit_has_its_place() -> None:
    assert {unit_of(module) for module in sources()} <= LAYER.keys()


def test_imports_run_one_way() -> None:
    upward = {
        f"{unit} imports {other}": files
        for unit, others in edges().items()
        for other, files in others.items()
        if LAYER[other] > LAYER[unit]
    }
    assert upward == {}


def test_no_two_units_import_each_other() -> None:
    found = edges()
    mutual = {
        (unit, other): (found[unit][other], found[other][unit])
        for unit in list(found)
        for other in list(found[unit])
        if unit < other and unit in found.get(other, {})
    }
    assert mutual == {}


@pytest.mark.parametrize("unit", ALONE)
def test_what_stands_aside_imports_no_compiler(unit: str) -> None:
    assert edges()[unit].keys() <= ALONE[unit]


def test_no_module_is_imported_by_a_generic_name() -> None:
    for path in sources().values():
        tops = {name.split(".")[0] for name in imported_names(path.read_text())}
        assert not tops & {"search", "cost_model", "tuning_logs", "tests"}, path


def kinds_asked_for(source: str) -> list[int]:
    """The lines that name what only one kind of target has, or compare with a kind's name."""
    return sorted({node.lineno for node in ast.walk(ast.parse(source)) if _asks_for_a_kind(node)})


def _asks_for_a_kind(node: ast.AST) -> bool:
    match node:
        case ast.ImportFrom(module=str(name)) | ast.alias(name=name):
            return f"{name}.".startswith(OF_A_KIND)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in ("VtaTarget", "VtaBackend", "CpuBackend")
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, ast.Name(id="Target")]):
            return True
        case ast.Call(func=ast.Attribute(attr="startswith"), args=[ast.Constant(value=str(text))]):
            return text.strip(" :") in KINDS
        case ast.Compare(left=left, comparators=others):
            return any(isinstance(e, ast.Constant) and e.value in KINDS for e in (left, *others))
    return False


@pytest.mark.parametrize(
    "source",
    [
        "from autosched.backends.vta.kernel import VtaKernel",
        "def f(): import autosched.backends.cpu.speed",
        "isinstance(task.target, Target)",
        "target.startswith('vta ')",
        "task.backend.kind == 'cpu'",
        "x: VtaTarget",
    ],
)
def test_a_question_for_a_kind_is_found(source: str) -> None:
    assert kinds_asked_for(source) == [1]


def test_nothing_above_the_backends_asks_for_a_kind_of_target() -> None:
    above = {unit for unit, layer in LAYER.items() if layer > LAYER["backends"]}
    asking = {
        f"{path.relative_to(ROOT)}:{line}"
        for module, path in sources().items()
        if unit_of(module) in above and not module.startswith(SCRIPTS_OF_A_KIND)
        for line in kinds_asked_for(path.read_text())
    }
    assert not asking


def test_the_environment_is_read_in_one_file() -> None:
    readers = {
        str(path.relative_to(PACKAGE))
        for path in sources().values()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    }
    assert readers <= {"config.py"}


@pytest.mark.parametrize(
    ("source", "units"),
    [
        ("import autosched.ir.expr", {"ir"}),
        ("from autosched import te, tune", {"te/__init__", "__init__"}),
        ("def f():\n    from autosched.cli import main", {"cli"}),
        ("import numpy", set()),
    ],
)
def test_the_reader_of_imports_sees(source: str, units: set[str]) -> None:
    assert imported_units(source) == units


def test_importing_autosched_is_light() -> None:
    code = (
        "import json, sys, time; start = time.perf_counter(); import autosched; "
        "spent = time.perf_counter() - start; print(json.dumps([spent, list(sys.modules)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    seconds, loaded = json.loads(done.stdout)
    print(f"import autosched took {seconds:.3f} s")
    assert not {name.split(".")[0] for name in loaded} & set(HEAVY)
    # The goal is 0.15 s; the bound is wide so that a busy machine does not fail the test.
    assert seconds < 5


def test_models_load_without_what_makes_schedules() -> None:
    code = "import json, sys, autosched.models; print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    units = {".".join(name.split(".")[:2]) for name in json.loads(done.stdout)}
    assert not units & {"autosched.schedule", "autosched.lowering", "autosched.passes"}
