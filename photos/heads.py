"""Heads: models that move the vectors of another role's into a space of their own."""

from django.utils.translation import gettext

from photos.errors import FacesMustFollow

HEADS = {"face_embedder": "face_matcher"}  # role -> that of what is trained for its vectors


def check_none(role: str) -> None:
    """
    Raises:
        FacesMustFollow: it is that of heads: faces would be compared where they have no vectors.
    """
    if role in HEADS.values():
        raise FacesMustFollow(
            gettext(
                "%(role)s has heads, which are switched where faces follow. Ask for "
                "POST /api/v1/faces/matchers/ID/activate, or `manage.py faces activate-matcher "
                "--matcher ID`, where ID may be the name of the model; and to go back, for "
                "POST /api/v1/faces/matchers/rollback, or `manage.py rollback_matcher`."
            )
            % {"role": role}
        )
