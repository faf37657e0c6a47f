"""The cost model: features of candidates, and models that rank them before measuring."""
