"""The recipe of the bundled network: settings, start, examples, loss."""

from iog.training.lite.examples import ALL_SETS
from iog.training.lite.recipe import LiteRecipe

__all__ = ["ALL_SETS", "LiteRecipe"]
