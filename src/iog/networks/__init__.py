"""PyTorch networks; needs the `train` extra."""
