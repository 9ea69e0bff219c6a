"""The captioners of the packs whose weights lie on a hub: BLIP, and Florence-2 as a second one.

Nobody has seen these files here, so none has a sha256: each is pinned when it first comes. A
revision that has its weights only as a pickle is refused; another one can be named in the row.
"""

from dataclasses import dataclass

from export import blip, florence
from export.kinds import Kind
from export.models import Model, Serving, Target
from export.sources import Hub
from export.weights import Weights

UNSEEN = ""  # sha256
STATES = {"states": 1e-3}  # of numbers around 1; of BLIP base with random weights: 6e-6
STEP = {"entry": 1e-3, "scores": 1e-3, "best": 0.0}  # of the same: 5e-6

# A sentence takes one run of the encoder, and one of the decoder for each token. Requests share a
# batch where their caches have the same room (ROOM of inference/decoding.py). Not tuned.
LOOKING = Serving(
    cpu=Target(max_batch=8, preferred=(1,), delay_us=0, instances=1, threads=2),
    gpu=Target(max_batch=32, preferred=(8, 16, 32), delay_us=2000, instances=1),
)
SAYING = Serving(
    cpu=Target(max_batch=8, preferred=(), delay_us=0, instances=1, threads=2),
    gpu=Target(max_batch=32, preferred=(), delay_us=500, instances=1),
)


@dataclass(frozen=True)
class Captioner:
    """A repository of the hub in transformers' format, and what is made of it."""

    repository: str
    files: tuple[str, ...]
    licence: str
    origin: str
    encoder: Kind
    decoder: Kind

    def rows(self, pack: str) -> tuple[Model, Model]:
        """Both models, of the same weights: they understand nobody else."""
        source, known = Hub(self.repository), (UNSEEN, self.licence, self.origin)
        files = tuple(Weights(source, name, *known) for name in self.files)
        return (
            Model("caption_encoder", pack, 1, self.encoder, files, STATES, LOOKING),
            Model("caption_decoder", pack, 1, self.decoder, files, STEP, SAYING),
        )


BLIP_BASE = Captioner(
    repository="Salesforce/blip-image-captioning-base",
    files=blip.FILES,
    licence="BSD-3-Clause (the repository's)",
    origin="Salesforce's BLIP (arXiv:2201.12086) with ViT-B/16, trained on COCO captions.",
    encoder=blip.BlipEncoder(),
    # As its authors ask theirs (configs/caption_coco.yaml of github.com/salesforce/BLIP).
    decoder=blip.BlipDecoder(prompt="a picture of", max_length=20, min_length=5, beams=3),
)
FLORENCE_2_BASE = Captioner(
    repository="florence-community/Florence-2-base",
    files=florence.FILES,
    licence="MIT (the repository's)",
    origin="Microsoft's Florence-2 (arXiv:2311.06242), trained on FLD-5B, as transformers has it.",
    encoder=florence.FlorenceEncoder(),
    decoder=florence.FlorenceDecoder(max_length=100),
)

INSIGHTFACE = BLIP_BASE.rows("insightface")
OPEN = BLIP_BASE.rows("open")
FLORENCE = FLORENCE_2_BASE.rows("florence")
