"""Features of candidates: what a cost model sees of them."""

from autosched.cost_model.features.extract import VERSION, extract, feature_names

__all__ = ["VERSION", "extract", "feature_names"]
