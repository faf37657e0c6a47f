"""The state of code generation: the module, the function, facts about nodes."""
