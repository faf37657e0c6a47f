"""What a CPU is, as plain data: `Target`, and the probe of this one."""
