"""Can photos be looked at: is the model server there, and are its models the right ones?"""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError

from config.monitoring.checks.findings import Finding, fine, wrong
from photos import standing
from photos.models import ServedModel


def models() -> Finding:
    seen = standing.overview()
    if not seen.answers:
        says = f"The model server does not answer at {settings.TRITON_URL}."
        mend = "Start Triton (make up), or have TRITON_URL name it: host:port of its gRPC."
        return wrong("models", says, mend)
    try:
        active = standing.active(seen)
    except DatabaseError:
        return _unknown("models")
    if problem := standing.problem(active, seen):
        mend = "See docs/models.md; `make models` builds them, `manage.py models list` shows them."
        return wrong("models", problem, mend)
    roles = ", ".join(each.model.role for each in active)
    return fine("models", f"Triton has a model of each of these roles: {roles}.")


def model_files() -> Finding:
    """Whether the files of all models are those that were built, also of those that nobody uses."""
    try:
        untrue = standing.refused(ServedModel.objects.order_by("name"))
    except DatabaseError:
        return _unknown("model_files")
    if untrue:
        mend = "Build them again: `make models`. If nobody has changed them, find out who has."
        return wrong(
            "model_files", " ".join(f"{name}: {why}" for name, why in untrue.items()), mend
        )
    return fine("model_files", "No file of a model is another than was built.")


def _unknown(name: str) -> Finding:
    says = "Nobody can say which models there are: no database."
    return wrong(name, says, "Mend the database first.")


def describer() -> Finding:
    """Only whether it is said well: it is asked when a photo is to be described."""
    url = settings.DESCRIBER_URL
    if url and urlsplit(url).scheme not in {"http", "https"}:
        mend = "Give an address such as http://127.0.0.1:8080/v1, or leave it out."
        return wrong("describer", f"DESCRIBER_URL is no address: {url!r}.", mend)
    return fine("describer", f"Photos are described by {url}." if url else "None is asked for.")
