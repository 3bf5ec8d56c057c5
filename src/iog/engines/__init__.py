"""Engines run a network's two halves behind one small Protocol."""

from iog.engines.base import Engine, Features, ModelInfo

__all__ = ["Engine", "Features", "ModelInfo"]
