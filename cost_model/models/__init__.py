"""Cost models. The one that needs XGBoost is imported from its own module."""

from autosched.cost_model.models.model import CostModel
from autosched.cost_model.models.random import RandomModel

__all__ = ["CostModel", "RandomModel"]
