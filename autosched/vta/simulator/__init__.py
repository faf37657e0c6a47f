"""The functional simulator: runs a program on a DRAM image, instruction by instruction."""

from autosched.vta.simulator.simulator import Simulator
from autosched.vta.simulator.state import Counters

__all__ = ["Counters", "Simulator"]
