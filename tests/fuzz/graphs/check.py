"""Whether a graph is computed as it means, by the default, every sketch, and random candidates."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, replace

import llvmlite.binding as llvm
import numpy as np

import autosched
from autosched.codegen.compile import symbols
from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.state.module import CodegenOptions
from autosched.codegen.machine.module import CompiledModule, initialise, parsed
from autosched.cost_model.features import extract
from autosched.errors import CodegenError, LoweringError
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import Function
from autosched.ir.verifier import verify
from autosched.lowering.lower import lower
from autosched.passes import pipeline
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.primitives.skip_masked import SkipMasked
from autosched.schedule.primitives.skip_zeros import SkipZeros
from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import Trace, replay
from autosched.search.space.generate import space
from autosched.target.target import Target
from autosched.te.evaluate import evaluate
from autosched.te.tensor import Tensor
from tests.codegen.llvm.harness import as_floats
from tests.fuzz.graphs.draws import Draws
from tests.fuzz.graphs.graph import Graph
from tests.fuzz.graphs.grow import grown

HOST = Target.host()
TARGETS = (
    HOST,
    replace(HOST, vector_bits=min(HOST.vector_bits, 256)),
    replace(HOST, vector_bits=128),
    replace(HOST, l1_bytes=512, l2_bytes=2048, l3_bytes=8192),
    replace(HOST, vector_bits=128, l1_bytes=128, l2_bytes=256, l3_bytes=512),
)
"""Some have caches that small graphs fill, so that rules for large ones are tried too."""

MARGIN = 64
"""Bytes around every array that compiled code may neither write nor need."""


INTERPRETED = 3000
"""Points that are computed or added up, in all stages, up to which interpreting is quick."""

TEXT, LONG_TEXT = 100_000, 2_000_000
"""Characters of LLVM up to which code is compiled; the longest take minutes."""

TOLERANCE = 1e-3
"""Of results that are not exact: sums of some thousand float32 values that are not negative."""


class Failed(AssertionError):
    """A graph that is refused, or computed as it does not mean."""


@dataclass(frozen=True)
class Trial:
    """A graph with values for its inputs, and what it gives for them."""

    graph: Graph
    inputs: dict[Tensor, np.ndarray]
    expected: list[np.ndarray]
    target: Target
    threads: int

    def arrays(self) -> list[np.ndarray]:
        """Arrays for all arguments; those of the outputs hold other numbers."""
        made = [np.full(want.shape, 77, want.dtype) for want in self.expected]
        return [*self.inputs.values(), *made]

    def compare(self, arrays: Sequence[np.ndarray], by: str, trace: Trace) -> None:
        """The outputs, the last of the arrays, are as expected.

        An algorithm that computes not as written, such as sums of factors before their products,
        may give an infinity for NaN, and products with zeros that are left out a number, so that
        infinite inputs tell nothing of them.
        """
        if self.graph.is_special and any(map(_differs_for_infinities, trace)):
            return
        results = arrays[-len(self.expected) :]
        for tensor, want, got in zip(self.graph.outputs, self.expected, results, strict=True):
            want, got = as_floats(want, tensor.dtype), as_floats(got, tensor.dtype)
            same = got == want
            if tensor.dtype.is_float:
                same |= np.isnan(got) & np.isnan(want)
            if not self.graph.is_exact(tensor):
                same |= np.isclose(got, want, rtol=TOLERANCE, atol=1e-12)
            if not same.all():
                at = tuple(np.argwhere(~same)[0])
                raise Failed(
                    f"{by} of {tensor.name}: expected {want[at]}, got {got[at]} at {at}, and "
                    f"{np.count_nonzero(~same)} of {same.size} differ"
                )


def _differs_for_infinities(step: Primitive) -> bool:
    return bool(step.algorithm) or isinstance(step, SkipMasked | SkipZeros)


def check(draws: Draws, thorough: bool = False) -> None:
    """Raise where the graph of the draws is refused or computed as it does not mean.

    One candidate is drawn, and one way to run it; a thorough check builds the default, and
    verifies, interprets and compiles some candidates of every sketch.
    """
    graph = grown(draws)
    inputs = graph.arrays(draws(1 << 16))
    expected = evaluate(graph.outputs, inputs, graph.sizes)
    target, threads = TARGETS[draws(len(TARGETS))], 1 + draws(2)
    trial = Trial(graph, inputs, expected, target, threads)
    found = space(graph.outputs, target.with_threads(threads)).sketches
    random = np.random.default_rng(draws(1 << 16))
    if (thorough or not draws(32)) and graph.tells_its_sizes:
        _built(trial, found[0])
    for sketch in found if thorough else [_drawn(draws, found)]:
        vectors = [sketch.default, *map(tuple, sketch.sample(random, 2).tolist())]
        for vector in vectors if thorough else [vectors[0 if draws(3) else -1]]:
            try:
                _Candidate(trial, sketch, vector).check(draws, thorough)
            except (LoweringError, CodegenError) as error:
                # More code than is taken is no fault: a build gives way to the plain schedule.
                if vector == sketch.default and "written out" not in error.message:
                    raise
    if thorough or not draws(4):
        sketch = found[draws(len(found))]
        extract(graph.outputs, sketch, np.array([sketch.default], dtype=np.int64))


def _drawn(draws: Draws, found: Sequence[Sketch]) -> Sketch:
    """The default half of the time, else any sketch."""
    return found[draws(len(found)) if draws(2) else 0]


def _built(trial: Trial, first: Sketch) -> None:
    """By the default schedule, as a user builds it."""
    kernel = autosched.build(trial.graph.args, target=trial.target, threads=trial.threads)
    arrays = trial.arrays()
    kernel(*arrays)
    trial.compare(arrays, "the default kernel", first.bind(first.default))


@dataclass(frozen=True)
class _Candidate:
    """A candidate of a sketch, to run for a trial."""

    trial: Trial
    sketch: Sketch
    vector: tuple[int, ...]

    def __str__(self) -> str:
        return f"sketch {self.sketch.name} with {self.vector}"

    def check(self, draws: Draws, thorough: bool) -> None:
        """Interpret it where that is quick, or else compile it; both in a thorough check."""
        graph = self.trial.graph
        schedule = replay(graph.outputs, self.sketch.bind(self.vector))
        raw = lower(schedule, [*graph.args, *graph.sizes], "main")
        done = pipeline.run(raw, self.trial.target, check=thorough or not draws(8))
        verify(done)
        is_quick = graph.points < INTERPRETED
        if thorough or not is_quick or not draws(3):
            self.compiled(done, LONG_TEXT if thorough else TEXT)
        if is_quick and (thorough or draws(3)):
            self.interpreted(done)

    def interpreted(self, function: Function) -> None:
        arrays = self.trial.arrays()
        interpret(function, arrays, self.sizes(function))
        self.trial.compare(arrays, f"{self}, interpreted,", self.sketch.bind(self.vector))

    def compiled(self, function: Function, most: int) -> None:
        """Run it as machine code, unless its LLVM has more than so many characters."""
        trial = self.trial
        options = CodegenOptions(threads=trial.threads)
        text = emit(function, target=trial.target, options=options)
        if len(text) > most:
            return
        module = _compiled(text, trial.target)
        arrays = _called(module.address("main"), trial.arrays(), self.sizes(function))
        trial.compare(arrays, f"{self}, compiled,", self.sketch.bind(self.vector))

    def sizes(self, function: Function) -> list[int]:
        return [self.trial.graph.sizes[size] for size in function.sizes]


def _compiled(text: str, target: Target) -> CompiledModule:
    """Code that does what the text says, with no passes, in the least time."""
    initialise()
    for name, address in symbols(text.encode()).items():
        llvm.add_symbol(name, address)
    return CompiledModule(parsed(text), target, speed_level=0)


def _called(address: int, arrays: list[np.ndarray], sizes: list[int]) -> list[np.ndarray]:
    """What the code computes; `Failed` where it writes beyond an array."""
    padded = [np.full(array.nbytes + 2 * MARGIN, 0xA5, np.uint8) for array in arrays]
    views = []
    for memory, array in zip(padded, arrays, strict=True):
        view = memory[MARGIN : MARGIN + array.nbytes].view(array.dtype).reshape(array.shape)
        view[...] = array
        views.append(view)
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(views), *[ctypes.c_int64] * len(sizes))
    kind(address)(*(view.ctypes.data for view in views), *sizes)
    for memory, array in zip(padded, arrays, strict=True):
        edges = np.concatenate([memory[:MARGIN], memory[MARGIN + array.nbytes :]])
        if not (edges == 0xA5).all():
            raise Failed("written beyond an array")
    return views
