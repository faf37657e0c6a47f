"""Search: spaces of schedules, strategies that choose among them, and the tuner."""
