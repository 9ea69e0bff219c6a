"""`manage.py models`: which models there are, and steering them."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import filesizeformat

from inference.errors import InferenceError
from photos import roles, serving, standing
from photos.errors import ServingError
from photos.models import ServedModel

_MODEL = "as ROLE.PACK.VERSION, or ROLE.PACK"


class Command(BaseCommand):
    help = "Show the models, read the repository again, load, unload, switch and roll back."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="show every model, and how it is")
        actions.add_parser("sync", help="read the model repository again")
        actions.add_parser("tend", help="unload what is idle or too much, load what is pinned")
        for action, what in {
            "load": "load a model, and wait for it",
            "unload": "unload a model, unless it is in use or pinned",
            "activate": "let a model's role have it from now on",
            "pin": "keep a model loaded",
            "unpin": "let a model go when it is idle",
        }.items():
            actions.add_parser(action, help=what).add_argument("model", help=_MODEL)
        pack = actions.add_parser("use", help="let all roles have the models of a pack, at once")
        pack.add_argument("pack")
        back = actions.add_parser("rollback", help="let a role have the model again it had before")
        back.add_argument("role")

    def handle(
        self, *, action: str, model: str = "", role: str = "", pack: str = "", **options: Any
    ) -> None:
        try:
            if pack:
                for switched in serving.keeper().switch_pack(pack):
                    self._say(f"{switched} has {switched.active}.")
            elif model:
                self._steer(action, roles.find(*model.partition(".")[::2]))
            elif role:
                back = roles.roll_back(role)
                self._say(f"{role} has {back.active}.")
            else:
                {"list": self._list, "sync": self._sync, "tend": serving.keeper().tend}[action]()
        except (ServingError, InferenceError) as exc:
            raise CommandError(str(exc)) from exc

    def _steer(self, action: str, model: ServedModel) -> None:
        keeper = serving.keeper()
        match action:
            case "load":
                keeper.load(model)
            case "unload":
                keeper.unload(model)
            case "activate":
                keeper.switch(model)
            case _:
                model.pin(pinned=action == "pin")
        self._say(f"{model}: {action} done.")

    def _list(self) -> None:
        seen = standing.overview()
        models = ServedModel.objects.with_active().order_by("role", "pack", "version")
        for each in standing.standings(models, seen):
            mark = "*" if each.model.is_active else " "
            size = filesizeformat(each.model.memory_bytes)
            pinned = "pinned" if each.model.pinned else ""
            words = (f"{each.model.name:45}", f"{each.state:10}", f"{size:>10}", pinned)
            self._say(f"{mark} {' '.join(words)}".rstrip())
        trouble = standing.problem(standing.active(seen), seen)
        if trouble:
            self._say(trouble)

    def _sync(self) -> None:
        synced = roles.sync(settings.MODEL_REPOSITORY)
        self._say(f"{len(synced.models)} models: {', '.join(synced.models)}")
        if synced.gone:
            self._say(f"No longer there: {', '.join(synced.gone)}")
        if synced.broken:
            raise CommandError("\n".join(synced.broken))

    def _say(self, words: str) -> None:
        self.stdout.write(words)
