"""The recipe of the embedded network: settings, start, examples, loss."""

from iog.training.lite.examples import ALL_SETS
from iog.training.lite.recipe import LiteRecipe

__all__ = ["ALL_SETS", "LiteRecipe"]
