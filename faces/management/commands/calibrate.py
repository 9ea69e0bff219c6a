"""`manage.py calibrate`: scores mean what owners have confirmed."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

import photos.services
from faces.calibration import Scale, refit
from photos.models import Owner


class Command(BaseCommand):
    help = (
        "Fit what a cosine is worth to the faces that each owner has confirmed. An owner with too "
        "few of them goes by what the model says of itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--owner", metavar="SUBJECT", help="only this owner's")
        parser.add_argument("--json", action="store_true", help="a line of JSON for each owner")

    def handle(self, *, owner: str | None, json: bool, **options: Any) -> None:
        space = photos.services.current_space("face_embedder")
        if space is None:
            raise CommandError("No face was found yet: have photos processed first.")
        owners = Owner.objects.order_by("pk")
        if owner is not None and not (owners := owners.filter(subject=owner)):
            raise CommandError(f"There is no owner {owner!r}.")
        for each in owners.iterator():
            self._show(each.subject, refit(each, space), as_json=json)

    def _show(self, subject: str, scale: Scale, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"owner": subject, **vars(scale)}))
            return
        self.stdout.write(
            f"{subject}: a score of 0.7 is a cosine of {scale.cosine(0.7):.3f}; "
            f"by the {scale.source}, {scale.same} pairs of one person, {scale.different} of two"
        )
