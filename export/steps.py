"""A step of a text decoder that looks at a photo: what one more token makes likely.

The decoder is told the `states`, which an encoder has made of the photo, with each token. The keys
and values that its layers make of them are 24 times as many bytes (BLIP base: 42.5 MB, not 1.8),
and making them anew with each token takes five times as long as all else. So this one never makes
them: see `looked_up`.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import nn

FAR_BELOW = -1e9  # added to what must not be looked at


class Text(Protocol):
    """A text decoder of some library, layer by layer. Tensors are (batch, beams, ...)."""

    heads: int
    layers: Sequence[nn.Module]

    def embedded(self, tokens: torch.Tensor, length: torch.Tensor) -> torch.Tensor:
        """Tokens (b, n) that come after `length` (b, 1) others: (b, n, w)."""

    def remembered(self, layer: nn.Module, hidden: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The keys and the values that a layer makes of hidden (b, n, w), for itself."""

    def passed(
        self, layer: nn.Module, hidden: torch.Tensor, looks: "Looks", states: torch.Tensor
    ) -> torch.Tensor:
        """What comes out of a layer: (b, n, w)."""

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Of all tokens: (b, n, vocabulary)."""


class Looks:
    """Where a layer may look back to: known (b, n, 2, t, w), this token last."""

    def __init__(self, known: torch.Tensor, mask: torch.Tensor, heads: int) -> None:
        self._known, self._mask, self._heads = known, mask, heads

    def back(self, query: torch.Tensor) -> torch.Tensor:
        """Self-attention of query (b, n, w), scaled."""
        batch, beams, width = query.shape
        heads, each = self._heads, width // self._heads
        parts = self._known.view(batch, beams, 2, self._known.shape[3], heads, each)
        keys, values = parts.permute(2, 0, 1, 4, 3, 5)  # each (b, n, heads, t, w / heads)
        asked = query.view(batch, beams, heads, 1, each)
        weights = torch.softmax(asked @ keys.transpose(-1, -2) + self._mask, dim=-1)
        return (weights @ values).reshape(batch, beams, width)

    def up(
        self, query: torch.Tensor, key: nn.Linear, value: nn.Linear, states: torch.Tensor
    ) -> torch.Tensor:
        """Cross-attention of query (b, n, w), scaled, to states (b, s, v), without their keys.

        Asking K = S Wk is asking S by q Wk'. The mean of S Wv is the mean of S, times Wv. The bias
        of the keys adds the same to the logarithm of every weight: nothing.
        Source: how DeepSeek-V2 (arXiv:2405.04434, 2.1.2) absorbs such matrices.
        """
        batch, beams, width = query.shape
        turn, bring = (
            each.weight.view(self._heads, width // self._heads, -1) for each in (key, value)
        )
        asked = self._by_head(query) @ turn
        asked = asked.permute(1, 0, 2).reshape(batch, beams * self._heads, -1)
        weights = torch.softmax(asked @ states.transpose(1, 2), dim=-1)
        means = self._by_head((weights @ states).reshape(batch, beams, -1))
        brought = means @ bring.transpose(1, 2)
        return brought.permute(1, 0, 2).reshape(batch, beams, width) + value.bias

    def _by_head(self, values: torch.Tensor) -> torch.Tensor:
        """(b, n, heads * w) -> (heads, b * n, w), which one multiplication a head takes."""
        batch, beams, width = values.shape
        each = width // self._heads
        return values.view(batch * beams, self._heads, each).permute(1, 0, 2)


class Step(nn.Module):
    """states (b, s, v), tokens (b, n), length (b, 1), cache (b, n, layers, 2, t, w) -> what to
    add to the cache (b, n, layers, 2, w), and the likeliest tokens: see `ranked`."""

    def __init__(self, text: Text, candidates: int) -> None:
        super().__init__()
        self.text, self.candidates = text, candidates

    def forward(
        self,
        states: torch.Tensor,
        tokens: torch.Tensor,
        length: torch.Tensor,
        cache: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        hidden = self.text.embedded(tokens, length)
        mask, entries = unseen(length, cache.shape[-2]), []
        for number, layer in enumerate(self.text.layers):
            entry = torch.stack(self.text.remembered(layer, hidden), dim=2)
            known = torch.cat([cache[:, :, number], entry[:, :, :, None]], dim=3)
            hidden = self.text.passed(layer, hidden, Looks(known, mask, self.text.heads), states)
            entries.append(entry)
        return torch.stack(entries, dim=2), *ranked(self.text.logits(hidden), self.candidates)


def unseen(length: torch.Tensor, room: int) -> torch.Tensor:
    """FAR_BELOW where a cache of `room` tokens has nothing yet, 0 for the last: (b, 1, 1, 1, t)."""
    empty = torch.arange(room)[None] >= length
    mask = torch.cat([empty, torch.zeros_like(length, dtype=torch.bool)], dim=1)
    return mask.float()[:, None, None, None] * FAR_BELOW


def scored(words: nn.Linear, hidden: torch.Tensor) -> torch.Tensor:
    """`words` of hidden (b, n, w): (b, n, vocabulary).

    As a product of two matrices ONNX takes the weights as they are. They are those that embed
    tokens, and so are in the file once: 94 MB of BLIP base.
    """
    return words(hidden.flatten(0, 1)).reshape(*hidden.shape[:2], -1)


def ranked(logits: torch.Tensor, candidates: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Of the likeliest tokens: logarithms of their probabilities, and the tokens themselves."""
    scores, tokens = torch.topk(torch.log_softmax(logits, dim=-1), candidates)
    return scores, tokens
