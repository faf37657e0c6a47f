"""The part of `tvm.target.codegen` that scripts use: what the LLVM here has."""

from __future__ import annotations

_numbered: list[str] = []


def llvm_version_major(allow_none: bool = False) -> int:
    """Return the major version of the LLVM that makes code."""
    import llvmlite.binding as llvm

    return int(llvm.llvm_version_info[0])


def llvm_lookup_intrinsic_id(name: str) -> int:
    """Return a number for an intrinsic of LLVM; it is good in this process only.

    Whether LLVM has the intrinsic is found out where it is called.
    """
    if name not in _numbered:
        _numbered.append(name)
    return _numbered.index(name) + 1


def llvm_get_intrinsic_name(intrin_id: int) -> str:
    """Return the name of the intrinsic with a number of `llvm_lookup_intrinsic_id`."""
    return _numbered[intrin_id - 1]
