"""What a credential may be used for. A closed set: an endpoint needs one of these."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Scope(TextChoices):
    READ = "read", _("read: photos, people, jobs; searching")
    WRITE = "write", _("write: send photos, steer jobs, webhooks and points")
    PEOPLE = "people", _("people: name, merge, move and erase people and faces")
    KEYS = "keys", _("keys: make, rotate and revoke keys that may less")
    ADMIN = "admin", _("admin: what the user may do as one of the staff")
    ALL_OWNERS = "all-owners", _("all-owners: act for the owner that a request names")


EVERYDAY = frozenset({Scope.READ, Scope.WRITE, Scope.PEOPLE})
EVERYTHING = frozenset(Scope)
