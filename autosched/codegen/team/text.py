"""Writes the LLVM text of the primitives and of the functions that kernels and Python call."""

from __future__ import annotations

from autosched.codegen.llvm.clock import clock_text
from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body
from autosched.codegen.llvm.text.module import declaration, definition
from autosched.codegen.native import External
from autosched.codegen.team.layout import WORDS
from autosched.codegen.team.primitives import initialise, lock, signal, unlock, wait

STACK_BYTES = 8 << 20
"""Stack of a team thread: as large as a main thread's, since kernels run on either."""


def primitives_text(triple: str, parallel: str, serve: str, reset: str) -> str:
    """Return the LLVM text of the primitives, `PARALLEL_SYMBOL` and its `.reset` for a triple.

    The arguments after the first are the names of the functions of `members`.
    """
    is_apple = "apple" in triple
    return _TEXT.format(
        words=WORDS,
        clock=clock_text(triple),
        setmask=3 if is_apple else 2,  # SIG_SETMASK
        stack=STACK_BYTES,
        pause=_pause(triple),
        posix="\n".join(_posix(*item) for item in _POSIX.items()),
        cores=_CORES_OF_LINUX if "linux" in triple else _CORES_UNKNOWN,
        parallel=parallel,
        serve=serve,
        reset=reset,
        symbol=PARALLEL_SYMBOL,
    )


_POSIX: dict[External, dict[str, tuple[str, ...]]] = {
    lock: {"pthread_mutex_lock": ("place",)},
    unlock: {"pthread_mutex_unlock": ("place",)},
    wait: {"pthread_cond_wait": ("condition", "mutex")},
    signal: {"pthread_cond_signal": ("place",)},
    initialise: {"pthread_mutex_init": ("mutex", ""), "pthread_cond_init": ("condition", "")},
}
"""The POSIX functions that a primitive calls, with their words as arguments; "" is null."""


def _posix(primitive: External, functions: dict[str, tuple[str, ...]]) -> str:
    body, declared = Body(), []
    for symbol, words in functions.items():
        places = [body.let(llvm.element("i64", "%team", f"%{w}")) if w else "null" for w in words]
        body.do(llvm.call("i32", symbol, [f"ptr {place}" for place in places]))
        declared.append(declaration("i32", symbol, ["ptr"] * len(words)))
    body.ret()
    parameters = primitive.shape.arguments()
    made = definition("void", primitive.name, parameters, body.lines, linkage="internal ")
    return "\n".join([*declared, made])


_PAUSES: dict[str, tuple[str, list[str]]] = {
    "x86": ("llvm.x86.sse2.pause", []),
    "aarch64": ("llvm.aarch64.isb", ["i32 15"]),  # a `yield` takes no time on most of them
    "arm64": ("llvm.aarch64.isb", ["i32 15"]),
}
"""The pause intrinsic and its arguments for each architecture, the start of a triple."""


def _pause(triple: str) -> str:
    lines = [
        "  " + llvm.call("void", symbol, arguments)
        for architecture, (symbol, arguments) in _PAUSES.items()
        if triple.startswith(architecture)
    ]
    return definition("void", "pause", [], [*lines, "  ret void"], linkage="internal ")


_CORES_OF_LINUX = """
declare i32 @sched_getcpu()
declare ptr @pthread_self()
declare i32 @pthread_getaffinity_np(ptr, i64, ptr)
declare i32 @pthread_setaffinity_np(ptr, i64, ptr)

define internal i64 @core() {
  %core = call i32 @sched_getcpu()
  %result = sext i32 %core to i64
  ret i64 %result
}

define internal i64 @thread() {
  %self = call ptr @pthread_self()
  %result = ptrtoint ptr %self to i64
  ret i64 %result
}

define internal i64 @bar(i64 %thread, i64 %core) {
  %result = call i64 @allow(i64 %thread, i64 %core, i8 0)
  ret i64 %result
}

define internal void @unbar(i64 %thread, i64 %core) {
  call i64 @allow(i64 %thread, i64 %core, i8 1)
  ret void
}

define internal i64 @allow(i64 %thread, i64 %core, i8 %allowed) {
entry:
  %id = inttoptr i64 %thread to ptr
  %mask = alloca [128 x i8], align 8
  %error = call i32 @pthread_getaffinity_np(ptr %id, i64 128, ptr %mask)
  %known = icmp eq i32 %error, 0
  %small = icmp ult i64 %core, 1024
  %go = and i1 %known, %small
  br i1 %go, label %find, label %stay
find:
  %index = lshr i64 %core, 3
  %place = getelementptr i8, ptr %mask, i64 %index
  %old = load i8, ptr %place
  %core.i8 = trunc i64 %core to i8
  %number = and i8 %core.i8, 7
  %bit = shl i8 1, %number
  %not.it = xor i8 %bit, -1
  %others = and i8 %old, %not.it
  %it = shl i8 %allowed, %number
  %new = or i8 %others, %it
  %differs = icmp ne i8 %new, %old
  br i1 %differs, label %change, label %stay
change:
  store i8 %new, ptr %place
  %refused = call i32 @pthread_setaffinity_np(ptr %id, i64 128, ptr %mask)
  %done = icmp eq i32 %refused, 0
  %result = zext i1 %done to i64
  ret i64 %result
stay:
  ret i64 0
}
"""
_CORES_UNKNOWN = """
define internal i64 @core() {
  ret i64 -1
}

define internal i64 @thread() {
  ret i64 0
}

define internal i64 @bar(i64 %thread, i64 %core) {
  ret i64 0
}

define internal void @unbar(i64 %thread, i64 %core) {
  ret void
}
"""

_TEXT = """
@team = internal global [{words} x i64] zeroinitializer, align 128

define void @"{symbol}"(ptr %function, ptr %context, i64 %start, i64 %extent, i64 %threads) {{
  %f = ptrtoint ptr %function to i64
  %c = ptrtoint ptr %context to i64
  call void @"{parallel}"(ptr @team, i64 %f, i64 %c, i64 %start, i64 %extent, i64 %threads)
  ret void
}}

define void @"{symbol}.reset"(i64 %spin_ns) {{
  call void @"{reset}"(ptr @team, i64 %spin_ns)
  ret void
}}

define internal i64 @load(ptr %team, i64 %place) {{
  %p = getelementptr i64, ptr %team, i64 %place
  %value = load atomic i64, ptr %p acquire, align 8
  ret i64 %value
}}

define internal void @store(ptr %team, i64 %place, i64 %value) {{
  %p = getelementptr i64, ptr %team, i64 %place
  store atomic i64 %value, ptr %p release, align 8
  ret void
}}

define internal i64 @swap(ptr %team, i64 %place, i64 %old, i64 %new) {{
  %p = getelementptr i64, ptr %team, i64 %place
  %pair = cmpxchg ptr %p, i64 %old, i64 %new acq_rel acquire
  %same = extractvalue {{ i64, i1 }} %pair, 1
  %result = zext i1 %same to i64
  ret i64 %result
}}

define internal i64 @subtract(ptr %team, i64 %place, i64 %amount) {{
  %p = getelementptr i64, ptr %team, i64 %place
  %old = atomicrmw sub ptr %p, i64 %amount acq_rel
  ret i64 %old
}}

define internal void @fence() {{
  fence seq_cst
  ret void
}}

{pause}
{cores}
{clock}

define internal void @call(i64 %function, i64 %context, i64 %low, i64 %high, i64 %member) {{
  %f = inttoptr i64 %function to ptr
  %c = inttoptr i64 %context to ptr
  call void %f(ptr %c, i64 %low, i64 %high, i64 %member)
  ret void
}}

{posix}

define internal i64 @create(ptr %team, i64 %member) {{
entry:
  %thread = alloca i64
  %attributes = alloca [16 x i64]
  %all = alloca [16 x i64]
  %before = alloca [16 x i64]
  call i32 @pthread_attr_init(ptr %attributes)
  call i32 @pthread_attr_setstacksize(ptr %attributes, i64 {stack})
  call i32 @sigfillset(ptr %all)
  call i32 @pthread_sigmask(i32 {setmask}, ptr %all, ptr %before)
  %number = inttoptr i64 %member to ptr
  %error = call i32 @pthread_create(ptr %thread, ptr %attributes, ptr @serve, ptr %number)
  call i32 @pthread_sigmask(i32 {setmask}, ptr %before, ptr null)
  call i32 @pthread_attr_destroy(ptr %attributes)
  %ok = icmp eq i32 %error, 0
  br i1 %ok, label %detach, label %end
detach:
  %id = load i64, ptr %thread
  call i32 @pthread_detach(i64 %id)
  br label %end
end:
  %result = zext i1 %ok to i64
  ret i64 %result
}}

define internal ptr @serve(ptr %number) {{
  %member = ptrtoint ptr %number to i64
  call void @"{serve}"(ptr @team, i64 %member)
  ret ptr null
}}

declare i32 @pthread_attr_init(ptr)
declare i32 @pthread_attr_setstacksize(ptr, i64)
declare i32 @pthread_attr_destroy(ptr)
declare i32 @sigfillset(ptr)
declare i32 @pthread_sigmask(i32, ptr, ptr)
declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_detach(i64)
"""
