"""Random instructions whose values fit a configuration's fields."""

from hypothesis import strategies as st

from autosched.vta import Memory, VTAConfig
from autosched.vta.isa.bytes import CLASSES, FLAGS
from autosched.vta.isa.fields import Field, layouts
from autosched.vta.isa.instructions import AluOp, Instruction, Opcode

CONFIGS = [
    VTAConfig(),
    VTAConfig.from_tag("4x8_i8w8a32_15_16_16_18"),
    VTAConfig.from_tag("1x32_i8w8a32_12_15_15_15"),
    VTAConfig(log_batch=2, log_block=5, log_bus_width=7),
    VTAConfig(log_uop_buff_size=5, log_acc_buff_size=10),
]


@st.composite
def instructions(draw: st.DrawFn, config: VTAConfig) -> Instruction:
    opcode = draw(st.sampled_from(Opcode))
    fields = layouts(config)[opcode][1:]
    values = {field.name: draw(_values(field, opcode)) for field in fields}
    return CLASSES[opcode](**values)


def _values(field: Field, opcode: Opcode) -> st.SearchStrategy:
    if field.name in FLAGS:
        return st.booleans()
    if field.name == "op":
        return st.sampled_from(AluOp)
    if field.name == "memory":
        loads = [memory for memory in Memory if memory is not Memory.OUT]
        return st.sampled_from(loads if opcode is Opcode.LOAD else [Memory.OUT])
    return st.integers(field.least, field.most)
