"""What a program computes: the accelerator's state, run instruction by instruction."""

from autosched.vta.simulator.counters import Counters
from autosched.vta.simulator.simulator import Simulator

__all__ = ["Counters", "Simulator"]
