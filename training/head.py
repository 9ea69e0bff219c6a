"""The head: what is put behind a face embedder."""

import torch
from torch import nn

SMALLEST_LENGTH = 1e-12  # what a vector is divided by at least


class Head(nn.Module):
    """e -> normalise(e + W e + b). Before it has learnt anything, vectors stay as they are."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.change = nn.Linear(dimension, dimension)
        nn.init.zeros_(self.change.weight)
        nn.init.zeros_(self.change.bias)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """(n, d) float32 -> (n, d) of length 1."""
        moved = vectors + self.change(vectors)
        return moved / moved.norm(dim=1, keepdim=True).clamp_min(SMALLEST_LENGTH)
