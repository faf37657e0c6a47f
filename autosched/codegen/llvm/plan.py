"""Writes the LLVM text of a plan: the function that calls its kernels in order."""

from __future__ import annotations

from collections.abc import Sequence

from autosched.codegen.llvm.clock import NOW, clock_text
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body
from autosched.codegen.llvm.text.module import declaration, definition
from autosched.runtime.plan import Place, Plan

TIMED_SUFFIX = ".timed"
WORD_BYTES = 8


def plan_text(plans: Sequence[Plan]) -> str:
    """Return the functions of plans, and the declarations of the kernels that they call."""
    kinds = {
        call.symbol: len(call.operands) + bool(call.checks) for plan in plans for call in plan.calls
    }
    declared = [
        declaration("void", llvm.quoted(symbol), ["ptr"] * count) for symbol, count in kinds.items()
    ]
    return "\n".join([*declared, *(_Calls(plan).text(plan.name) for plan in plans), ""])


def timed_text(plans: Sequence[Plan], triple: str) -> str:
    """Return the functions `NAME.timed` of plans, for the module of `plan_text`.

    Their last argument is a buffer of 64-bit integers: the time at the start, and after each call,
    in nanoseconds.
    """
    made = [_TimedCalls(plan).text(plan.name + TIMED_SUFFIX) for plan in plans]
    return "\n".join([clock_text(triple), *made, ""])


class _Calls(Body):
    def __init__(self, plan: Plan):
        super().__init__()
        self.plan = plan
        self.open("entry")

    def text(self, symbol: str) -> str:
        checked = 0
        for number, call in enumerate(self.plan.calls):
            operands = [self.pointer(place) for place in call.operands]
            faults = ""
            if call.checks:
                faults = self.at("%faults", checked * WORD_BYTES)
                checked += len(call.checks)
                operands.append(faults)
            typed = [f"ptr {operand}" for operand in operands]
            self.do(llvm.call("void", llvm.quoted(call.symbol), typed))
            self.called(number)
            if faults:
                self.go_on_without_faults(faults, len(call.checks))
        self.jump("end")
        self.open("end")
        self.ret()
        parameters = [f"ptr {name}" for name in self.parameters()]
        attributes = " nounwind noinline optnone"  # there is nothing to optimise
        return definition(
            "void", llvm.quoted(symbol), parameters, self.lines, attributes=attributes
        )

    def parameters(self) -> list[str]:
        given = [f"%input{number}" for number in range(len(self.plan.inputs))]
        made = [f"%output{number}" for number in range(len(self.plan.outputs))]
        faults = ["%faults"] * bool(self.plan.signature.checks)
        return [*given, *made, "%arena", "%weights", *faults]

    def pointer(self, place: Place) -> str:
        if place.space in ("input", "output"):
            return f"%{place.space}{place.offset}"
        return self.at(f"%{place.space}", place.offset)

    def at(self, base: str, offset: int) -> str:
        return self.let(llvm.element("i8", base, offset)) if offset else base

    def called(self, number: int) -> None:
        """Write the code after the call of that number."""

    def go_on_without_faults(self, faults: str, count: int) -> None:
        found = "0"
        for word in range(count):
            index = self.let(llvm.load("i64", self.at(faults, word * WORD_BYTES)))
            found = self.let(llvm.binary("or", "i64", found, index))
        go_on = self.label("next")
        self.branch(self.let(llvm.binary("icmp eq", "i64", found, "0")), go_on, "end")
        self.open(go_on)


class _TimedCalls(_Calls):
    def __init__(self, plan: Plan):
        super().__init__(plan)
        self.called(-1)

    def parameters(self) -> list[str]:
        return [*super().parameters(), "%times"]

    def called(self, number: int) -> None:
        time = self.let(llvm.call("i64", NOW, []))
        self.do(llvm.store("i64", time, self.at("%times", (number + 1) * WORD_BYTES)))
