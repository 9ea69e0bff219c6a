"""Variables of the systems that this one replaces: what they mean here, or why they mean nothing.

None is left unheeded: whoever moves in with an old `.env` is told at the start. The table of
docs/switching.md has them all.
"""

import re
from collections.abc import Iterator, Mapping, MutableMapping

from django.core.exceptions import ImproperlyConfigured

# Theirs by our name; where both are set, ours counts.
MAPPED: Mapping[str, str] = {
    "STORAGE_DIR": "RESULTS_ROOT",
    "BATCH_SIZE": "PHOTOS_IN_FLIGHT",
}
_POINTS = "Clients of Qdrant ask this service itself, at its own address: docs/points.md."
_SUPABASE = (
    "This service keeps everything in its own PostgreSQL (DATABASE_URL), and Supabase announces "
    "photos to it by a webhook: docs/events.md."
)
_PACKS = "Models come in packs, and a role is switched from one to another: docs/packs.md."
_BIND = (
    "Where the web server answers is said when it is started: `make up PORT=8000`, or gunicorn's "
    "`--bind`."
)
_SQLITE = (
    "It can't be an SQLite file: give a PostgreSQL with pgvector, or leave it out, and one of our "
    "own is kept below VAR_DIR."
)
REFUSED: Mapping[str, str] = {
    "API_HOST": _BIND,
    "API_PORT": _BIND,
    "CLIP_MODEL": _PACKS,
    "CLIP_PRETRAINED": _PACKS,
    "DATABASE_DIR": "There is no database in a folder: use DATABASE_URL, or VAR_DIR for our own.",
    "FACE_MODEL_NAME": _PACKS,
    "FACE_THRESHOLD": (
        "It was of one model. FACE_PERSON_MATCH_THRESHOLD is a score that means the same for all "
        "of them: docs/people.md."
    ),
    "MAX_IMAGE_SIZE": (
        "Photos are looked at in the sizes that models take, and not made smaller before: "
        "MAX_PHOTO_PIXELS refuses what is too large."
    ),
    "MODEL_CACHE_DIR": (
        "`make models` builds what the model server reads; MODEL_REPOSITORY says where that is."
    ),
    "QDRANT_API_KEY": _POINTS,
    "QDRANT_URL": _POINTS,
    "REDIS_URL": "There is no Redis here: the queue is in PostgreSQL.",
    "SUPABASE_ANON_KEY": _SUPABASE,
    "SUPABASE_SERVICE_ROLE_KEY": _SUPABASE,
    "SUPABASE_URL": _SUPABASE,
    "YOLO_SIZE": _PACKS,
}
_EXTERNAL = (
    "Photos are looked at here alone: no service elsewhere is ever asked. Set it to false, or "
    "leave it out."
)
_OFF = {"", "false", "0", "no", "off"}
_DRIVER = re.compile(r"^postgres(?:ql)?\+[a-z0-9_]+:", re.IGNORECASE)


def settle(environ: MutableMapping[str, str]) -> None:
    """Have in `environ` our names for theirs. Empty variables count as left out.

    Raises:
        ImproperlyConfigured: some can't be honoured; all of them are named, with what to use.
    """
    if problems := list(_problems(environ)):
        raise ImproperlyConfigured(
            "The environment, or the file .env, has variables that mean nothing here. Remove or "
            f"change them:\n{chr(10).join(problems)}\nSee docs/switching.md."
        )
    for theirs, ours in MAPPED.items():
        if environ.get(theirs) and not environ.get(ours):
            environ[ours] = environ[theirs]
    if url := environ.get("DATABASE_URL"):
        environ["DATABASE_URL"] = _DRIVER.sub("postgresql:", url)


def _problems(environ: Mapping[str, str]) -> Iterator[str]:
    """A line about each. No values: some are secrets."""
    for name, instead in REFUSED.items():
        if environ.get(name):
            yield f"  {name}: {instead}"
    if environ.get("ALLOW_EXTERNAL_APIS", "").lower() not in _OFF:
        yield f"  ALLOW_EXTERNAL_APIS: {_EXTERNAL}"
    if environ.get("DATABASE_URL", "").lower().startswith("sqlite"):
        yield f"  DATABASE_URL: {_SQLITE}"
