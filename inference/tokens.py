"""Words to tokens and back, by the tokenizer that lies beside a model."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from inference.arrays import Array
from inference.errors import InferenceNotReady


class FileTokens:
    """The tokenizer of a `tokenizer.json`: it knows how texts are cut and filled up."""

    def __init__(self, file: Path) -> None:
        """
        Raises:
            InferenceNotReady: there is no such file, or it is no tokenizer.
        """
        try:
            self._tokenizer: Tokenizer = Tokenizer.from_str(file.read_text())
        except Exception as exc:  # the library's errors have no class of their own
            raise InferenceNotReady(
                f"{file.parent.parent.name}: its tokenizer cannot be read: "
                "build the model again (make models)"
            ) from exc
        if self._tokenizer.padding is None:
            self._tokenizer.enable_padding()

    def encode(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """Ids of tokens, and 1 where there is one: both (n, length) int64."""
        cut = self._tokenizer.encode_batch(list(texts))
        ids = np.array([each.ids for each in cut], np.int64)
        return ids, np.array([each.attention_mask for each in cut], np.int64)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text that `tokens` stand for, without those that stand for no text."""
        text: str = self._tokenizer.decode(list(tokens), skip_special_tokens=True)
        return text.strip()
