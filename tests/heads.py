"""A repository with a head behind the real embedder, for tests that run no model of it."""

import json
from pathlib import Path

from django.conf import settings

from inference.configs import DescribedModels
from inference.roles import FACE_EMBEDDER

HEAD, SPACE = "face_matcher.tests.1", "face_matcher:tests:1"
_CONFIG = """
parameters {{ key: "space" value {{ string_value: "{space}" }} }}
parameters {{ key: "weights_sha256" value {{ string_value: "{sha256}" }} }}
parameters {{ key: "dimension" value {{ string_value: "512" }} }}
parameters {{ key: "same_person_cosine" value {{ string_value: "0.4" }} }}
parameters {{ key: "takes" value {{ string_value: "{takes}" }} }}
"""


def make_repository(folder: Path) -> Path:
    """The real models of faces, and the head, in `folder`."""
    for model in settings.MODEL_REPOSITORY.glob("face_*.packaged.*"):
        (folder / model.name).symlink_to(model)
    embedder = FACE_EMBEDDER.at("face_embedder.packaged.1")
    takes = DescribedModels(folder).identity(embedder).space
    (folder / HEAD / "1").mkdir(parents=True)
    config = _CONFIG.format(space=SPACE, sha256="0" * 64, takes=takes)
    (folder / HEAD / "config.pbtxt").write_text(config)
    manifest = {
        "role": "face_matcher", "version": 1, "space": SPACE, "parameters": {"takes": takes},
    }  # fmt: skip
    (folder / HEAD / "manifest.json").write_text(json.dumps(manifest))
    (folder / HEAD / "1" / "built.json").write_text('{"memory_bytes": 1}')
    return folder
