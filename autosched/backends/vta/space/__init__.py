"""The sketches of packed expressions for the accelerator."""
