"""The accelerator VTA as a target."""
