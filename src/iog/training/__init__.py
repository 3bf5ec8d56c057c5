"""Training: recipes (dataclasses), the loop, losses, augmentation. Needs the `train` extra."""
