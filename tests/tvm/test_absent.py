import importlib

import pytest

import autosched.tvm as tvm
from autosched.errors import NotOfferedError


def test_an_import_does_no_harm_and_a_use_is_refused() -> None:
    from autosched.tvm import relay

    assert importlib.import_module("autosched.tvm.relay") is relay is tvm.relay
    with pytest.raises(NotOfferedError, match=r"tvm\.relay\.var"):
        relay.var("x", shape=(1, 8))
    with pytest.raises(NotOfferedError, match=r"tvm\.relay\.testing"):
        from autosched.tvm.relay import testing  # noqa: F401


def test_modules_of_contrib() -> None:
    from autosched.tvm.contrib import graph_executor

    with pytest.raises(NotOfferedError, match=r"tvm\.contrib\.graph_executor\.GraphModule"):
        graph_executor.GraphModule(None)
    with pytest.raises(NotOfferedError, match=r"tvm\.contrib\.miopen"):
        _ = tvm.contrib.miopen


@pytest.mark.parametrize(
    "module",
    [
        "arith", "autotvm.task", "autotvm.tuner", "auto_scheduler", "error", "ir", "rpc", "runtime",
        "target", "te.schedule", "tir.stmt_functor", "topi.utils", "topi.vision", "transform",
    ],
)  # fmt: skip
def test_names_in_modules(module: str) -> None:
    found = importlib.import_module(f"autosched.tvm.{module}")
    with pytest.raises(NotOfferedError, match=rf"got tvm\.{module}\.that, .* not offered yet"):
        _ = found.that
    with pytest.raises(AttributeError):
        _ = found.__that__


@pytest.mark.parametrize(
    "module",
    [
        "ir", "script.tir", "tir", "topi", "topi.generic", "topi.nn", "topi.testing", "transform",
    ],
)  # fmt: skip
def test_a_script_may_ask_for_a_name(module: str) -> None:
    found = importlib.import_module(f"autosched.tvm.{module}")
    assert not hasattr(found, "that")
    with pytest.raises(NotOfferedError, match=r"that, which is not offered yet"):
        _ = found.that
    with pytest.raises(ImportError, match="that"):
        exec(f"from autosched.tvm.{module} import that")
