"""What emission knows while it goes through a nest: the module, the function, facts."""
