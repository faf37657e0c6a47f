"""Describes this machine, from what LLVM and the operating system report."""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from autosched.config import Settings, child_environment, child_python
from autosched.disk_cache import kept

_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_FALLBACK_BYTES = {1: 32 << 10, 2: 512 << 10, 3: 4 << 20}
"""Cache sizes by level if the kernel does not report them: small ones of current machines."""

_MACHINE_CODE = """
import sys, llvmlite.binding as llvm
llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()
target = llvm.Target.from_triple(sys.argv[1])
target.create_target_machine(cpu=sys.argv[2], features=sys.argv[3])
"""
"""Makes a machine from a triple, a processor and features; LLVM prints unknown names."""


_PROCESSORS = Path("/proc/cpuinfo")
_PROCESSOR = ("vendor_id", "cpu family", "model", "stepping", "flags")
"""What Linux says of a processor of x86-64, from which LLVM's name and features of it follow."""


def probe() -> dict[str, Any]:
    """Return the fields of the `Target` that describes this machine.

    What LLVM says of the processor is kept: loading LLVM takes 50 MB and 0.1 s.
    """
    known = _known_processor()
    has = known["features"]
    features = ",".join(f"+{name}" for name in sorted(has) if has[name])
    caches = _FALLBACK_BYTES | cache_bytes(_CACHES)
    return {
        "kind": "cpu",
        "cpu": known["cpu"],
        "features": features,
        "vector_bits": _vector_bits(has),
        "threads": core_count(),
        "l1_bytes": caches[1],
        "l2_bytes": caches[2],
        "l3_bytes": caches[3],
        "triple": known["triple"],
    }


def processor_facts(processors: Path) -> list[str]:
    """Return what Linux says of the first processor; nothing where it says less than all."""
    try:
        first = processors.read_text().split("\n\n", 1)[0]
    except OSError:
        return []
    said = {
        name.strip(): value
        for name, _, value in (line.partition(":") for line in first.splitlines())
    }
    return [said[name] for name in _PROCESSOR] if said.keys() >= set(_PROCESSOR) else []


def _known_processor() -> dict[str, Any]:
    """Return LLVM's name and features of the processor, and the triple."""
    facts = processor_facts(_PROCESSORS)
    is_kept = bool(facts) and Settings.from_environment().cache is not None
    known: dict[str, Any] = json.loads(
        kept(_told_apart, "processor", *facts) if is_kept else told().encode()
    )
    return known


def _told_apart() -> bytes:
    """Return what another process is told, so that this one need not load LLVM."""
    import subprocess  # late: once on a machine

    command = child_python("-c", f"from {__name__} import told; print(told())")
    if command is not None and "llvmlite.binding" not in sys.modules:
        environment = child_environment()
        try:
            *_, last = subprocess.check_output(command, env=environment).splitlines()
            json.loads(last)  # a module of the user's site may print too
            return last
        except (OSError, subprocess.CalledProcessError, ValueError):
            pass  # then LLVM is asked in this process
    return told().encode()


def told() -> str:
    """Return what LLVM says of the processor, as JSON."""
    import llvmlite.binding as llvm

    known = {
        "cpu": llvm.get_host_cpu_name(),
        "features": dict(llvm.get_host_cpu_features()),
        "triple": llvm.get_process_triple(),
    }
    return json.dumps(known)


def core_count() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def memory_bytes() -> int:
    """Return the bytes of memory of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def cache_bytes(folder: Path) -> dict[int, int]:
    """Return the size of each level of data cache, from the kernel's description of one core."""
    found: dict[int, int] = {}
    for index in folder.glob("index*"):
        try:
            kind = (index / "type").read_text().strip()
            level = int((index / "level").read_text())
            size = (index / "size").read_text().strip()
        except OSError:
            continue
        if kind != "Instruction":
            found[level] = int(size.rstrip("KM")) << {"K": 10, "M": 20}.get(size[-1], 0)
    return found


def _vector_bits(has: dict[str, bool]) -> int:
    if has.get("avx512f"):
        return 512
    return 256 if has.get("avx2") else 128


_ON_REQUEST = """
    adx aes cldemote clflushopt clwb clzero cx16 enqcmd fsgsbase hreset invpcid kl lwp movdir64b
    movdiri mwaitx pclmul pconfig pku ptwrite rdpid rdpru rdrnd rdseed rtm serialize sgx sha
    sha512 shstk sm3 sm4 tsxldtrk uintr usermsr vaes vpclmulqdq waitpkg wbnoinvd widekl xsave
    xsavec xsaveopt xsaves amx-avx512 amx-bf16 amx-complex amx-fp16 amx-fp8 amx-int8 amx-movrs
    amx-tf32 amx-tile amx-transpose
"""
NEVER_GENERATED = frozenset(_ON_REQUEST.split())
"""Features of x86-64 whose instructions LLVM writes only on request, which no kernel makes.

They are for ciphers, random numbers, virtual machines, the state of the processor, and tiles.
"""


def lacking(triple: str, features: str) -> list[str]:
    """Return what this machine lacks to run kernels for a triple with these features."""
    import llvmlite.binding as llvm

    kind = triple.partition("-")[0]
    if kind != llvm.get_process_triple().partition("-")[0]:
        return [kind]
    has = llvm.get_host_cpu_features()
    wanted = [name[1:] for name in features.split(",") if name.startswith("+")]
    return [name for name in wanted if has.get(name) is False and name not in NEVER_GENERATED]


@cache
def unknown(triple: str, cpu: str, features: str) -> str | None:
    """Return LLVM's message about unknown names, or None.

    LLVM prints a message and continues with the names that it knows, so another process runs it.
    """
    import subprocess  # late, as above

    done = subprocess.run(
        [sys.executable, "-c", _MACHINE_CODE, triple, cpu, features], capture_output=True, text=True
    )
    lines = done.stderr.strip().splitlines()
    return lines[0 if done.returncode == 0 else -1] if lines else None
