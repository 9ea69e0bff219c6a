"""Captions as the service makes them: by its own code, from a real Triton. Run in the service's
environment: REPOSITORY ENCODER DECODER FOLDER PHOTOS.npy -> one JSON list of sentences."""

import json
import sys
from pathlib import Path

import numpy as np

from inference.captions import TritonCaptioner
from inference.client import TritonClient
from inference.roles import CAPTION_DECODER, CAPTION_ENCODER
from inference.tokens import FileTokens
from local.triton import Triton


def captions(repository: Path, encoder: str, decoder: str, folder: Path, photos: Path) -> list[str]:
    words = FileTokens(repository / decoder / "1" / "tokenizer.json")
    with (
        Triton(repository, [encoder, decoder], folder) as triton,
        TritonClient(triton.url, timeout_s=30) as client,
    ):
        captioner = TritonCaptioner(
            client, words, CAPTION_ENCODER.at(encoder), CAPTION_DECODER.at(decoder)
        )
        return [captioner.caption(photo) for photo in np.load(photos)]


if __name__ == "__main__":
    repository, encoder, decoder, folder, photos = sys.argv[1:]
    said = captions(Path(repository), encoder, decoder, Path(folder), Path(photos))
    sys.stdout.write(json.dumps(said))
