"""Sentence encoders of the MiniLM family: tokens in, vectors of length 1 out.

Source: Sentence-BERT, Reimers and Gurevych 2019 (arXiv:1908.10084): the mean of what the last
layer says of each token, of length 1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from export import graphs, parallel, tokenizing
from export.kinds import VARIES, Answers, Array, Converted, Photos, Tensor
from export.sessions import Session

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"  # the files that are needed
MAX_TOKENS = 256  # of a text: its authors cut longer ones there
MULTIPLE = 16  # texts are filled up to one of it, so that short ones share a batch
SENTENCES = (
    "a dog",
    "Two people on a red motorcycle wait at a traffic light.",
    "a photo of a birthday cake",
    "Foto keluarga di pantai",  # no language of its, and yet what it says must be the same
)
SMALLEST_LENGTH = 1e-12  # what a vector is divided by at least

BEFORE = """
before (int64[B,S] input_ids, int64[B,S] attention_mask)
    => (int64[B,S] ids, int64[B,S] mask, int64[B,S] types, int64[B,S] same_mask)
<int64 nothing = {0}>
{
    ids = Identity (input_ids)
    mask = Identity (attention_mask)
    types = Mul (input_ids, nothing)
    same_mask = Identity (attention_mask)
}
"""


@dataclass(frozen=True)
class MiniLM:
    """A net of `dimension` numbers a text, in the space that `joint_space` names."""

    dimension: int
    languages: str  # as "en,id"
    joint_space: str

    inputs = (
        Tensor("input_ids", np.int64, (VARIES,)),
        Tensor("attention_mask", np.int64, (VARIES,)),
    )

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        net = graphs.load_net(files[MODEL].read_bytes())
        whole = parallel.side_by_side(net, parallel.passed_on("int64[B,S]"))
        tokenizer = served_tokenizer(files[TOKENIZER])
        encode = encoder(files)
        return Converted(
            model=graphs.join(BEFORE, whole, self._after(), name="text_encoder"),
            inputs=self.inputs,
            outputs=(Tensor("embedding", np.float32, (self.dimension,)),),
            original=lambda item: {"embedding": encode(_alone(item))},
            samples=tokenizing.encode(tokenizer, SENTENCES),
            parameters={
                "dimension": str(self.dimension),
                "joint_space": self.joint_space,
                "languages": self.languages,
                "max_tokens": str(MAX_TOKENS),
            },
            beside={TOKENIZER: tokenizer.to_str().encode()},
        )

    def _after(self) -> str:
        return f"""
            after (float[B,S,{self.dimension}] words, int64[B,S] mask)
                => (float[B,{self.dimension}] embedding)
            <
                int64[1] axis_1 = {{1}}, int64[1] axis_2 = {{2}},
                float smallest = {{{SMALLEST_LENGTH}}}
            >
            {{
                weight = Cast <to = 1> (mask)
                weights = Unsqueeze (weight, axis_2)
                weighted = Mul (words, weights)
                sum = ReduceSum <keepdims = 0> (weighted, axis_1)
                length = ReduceL2 <axes = [1], keepdims = 1> (sum)
                divisor = Max (length, smallest)
                embedding = Div (sum, divisor)
            }}
        """


def served_tokenizer(file: Path) -> Tokenizer:
    """The package's tokenizer, with the lengths that the net takes: as much as a text needs."""
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding(pad_to_multiple_of=MULTIPLE)
    return tokenizer


def encoder(files: Mapping[str, Path]) -> Callable[[Answers], Array]:
    """The net as its package runs it: tokens -> vectors (n, dimension) float32."""
    session = Session(files[MODEL].read_bytes())

    def encode(tokens: Answers) -> Array:
        (words,) = session(
            {**tokens, "token_type_ids": np.zeros_like(tokens["input_ids"])}
        ).values()
        weights = tokens["attention_mask"][..., None].astype(np.float32)
        means = (words * weights).sum(axis=1) / weights.sum(axis=1)
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    return encode


def vectors(files: Mapping[str, Path], texts: Sequence[str]) -> Array:
    """Of texts: (n, dimension) float32."""
    return encoder(files)(tokenizing.encode(served_tokenizer(files[TOKENIZER]), texts))


def _alone(item: Answers) -> Answers:
    """A batch of one text, without what it was filled up with."""
    is_token = item["attention_mask"] == 1
    return {name: values[is_token][None] for name, values in item.items()}
