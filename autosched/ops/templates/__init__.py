"""Templates: functions that schedule a workload by knobs, whose values a search chooses."""
