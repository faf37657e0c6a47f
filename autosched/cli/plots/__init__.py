"""Pictures of a search: how it went, and how near to the machine's limits it came."""
