"""The description of a CPU as plain data, `Target`, and the probe of this machine."""
