"""What a machine is: `Target`, and the probe of this one."""
