"""Queues and tokens: the order of instructions, and programs that can never end."""

import pytest

from autosched.errors import AcceleratorError
from autosched.vta import VTAConfig, assemble, decode
from autosched.vta.simulator.order import legal_order


def order(text: str) -> list[int]:
    return [step.index for step in legal_order(decode(assemble(text), VTAConfig()))]


def test_a_queue_waits_for_its_token_while_others_go_on() -> None:
    text = """
    load memory=inp pop_next
    load memory=uop push_next
    store memory=out pop_prev push_prev
    load memory=uop pop_next push_prev
    finish
    """
    found = order(text)
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert found.index(1) < found.index(2) < found.index(3) < found.index(0)


def test_steps_know_whose_tokens_they_take() -> None:
    text = """
    load memory=inp push_next
    load memory=inp push_next
    load memory=uop pop_prev
    load memory=uop pop_prev push_next
    store memory=out pop_prev
    finish
    """
    steps = legal_order(decode(assemble(text), VTAConfig()))
    after = {step.index: step.after for step in steps}
    assert after == {0: (), 1: (), 2: (0,), 3: (1,), 4: (3,), 5: ()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "load memory=uop pop_prev\nfinish",
            r"got a deadlock: compute waits at instruction 0 \(LOAD\) for a token of load$",
        ),
        (
            "load memory=inp pop_next push_next\nload memory=inp\n"
            "gemm pop_prev pop_next push_prev\nstore memory=out pop_prev push_prev\nfinish",
            r"load waits at instruction 0 \(LOAD\) for a token of compute; "
            r"compute waits at instruction 2 \(GEMM\) for a token of load and store; "
            r"store waits at instruction 3 \(STORE\) for a token of compute$",
        ),
        ("", "instruction 0: expected FINISH at the end, got no more instructions"),
        ("load memory=uop", "instruction 1: expected FINISH at the end"),
        ("finish\nload memory=uop\nfinish", r"instruction 0 \(FINISH\): .* got 2 behind it"),
        ("load memory=inp pop_prev\nfinish", r"instruction 0 \(LOAD\): .* for pop_prev"),
        ("load memory=wgt push_prev\nfinish", r"instruction 0 \(LOAD\): .* for push_prev"),
        ("store memory=out pop_next\nfinish", r"instruction 0 \(STORE\): .* for pop_next"),
        ("store memory=out push_next\nfinish", r"instruction 0 \(STORE\): .* for push_next"),
    ],
)
def test_programs_that_cannot_run(text: str, message: str) -> None:
    with pytest.raises(AcceleratorError, match=message):
        order(text)
