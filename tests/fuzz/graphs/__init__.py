"""Random graphs of stages: built by every kind of schedule, and compared with what they mean."""
