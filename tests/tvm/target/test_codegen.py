"""What scripts ask about LLVM."""

from autosched.tvm.target import codegen


def test_names_of_intrinsics_are_found_by_their_numbers() -> None:
    names = ["llvm.x86.sse2.pmadd.wd", "llvm.fma", "llvm.x86.sse2.pmadd.wd"]
    numbers = [codegen.llvm_lookup_intrinsic_id(name) for name in names]
    assert [codegen.llvm_get_intrinsic_name(number) for number in numbers] == names
    assert numbers[0] == numbers[2] != numbers[1]


def test_the_version() -> None:
    assert codegen.llvm_version_major() >= 14
