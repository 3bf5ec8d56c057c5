"""The recipe of `lite` for a GPU: crops of a pack on the device, everything else there in batches.

    crops     a pack's crops as tensors, and their outlines as numbers
    plan      example number i: which crops, where they go, how colours change, how the hand errs
    render    plans to images and masks
    hand      masks to clicks, corrections and their maps
    recipe    the settings, and a loss that is the sum of these

A plan is a function of the recipe and its number alone: a run resumes exactly, and many processes may share
it.
"""

from iog.training.packed.recipe import PackedRecipe

__all__ = ["PackedRecipe"]
