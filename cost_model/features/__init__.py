"""Features of candidates: the numbers by which a cost model ranks them."""

from autosched.cost_model.features.extract import VERSION, extract, feature_names

__all__ = ["VERSION", "extract", "feature_names"]
