"""Schedules for the accelerator that need no search."""

from autosched.backends.vta.schedules.default import default_schedule

__all__ = ["default_schedule"]
