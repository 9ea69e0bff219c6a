"""The groups that staff are put into, and what each may do. A superuser may do all.

A migration gives them their rights. After a new model, or a change here, another one does so again:
a test compares what they have with what is said here.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.management import create_permissions

REVIEWER = "reviewer"  # of people: who is who
OPERATOR = "operator"  # of the machine: work, workers, models, and whom to tell
AUDITOR = "auditor"  # sees all that was done, and changes nothing

Rights = Mapping[str, str]  # app.model -> what may be done with it, as permissions call it

RIGHTS: Mapping[str, Rights] = {
    REVIEWER: {
        "faces.cluster": "view change",
        "faces.edit": "view change",
        "faces.erasure": "view",
        "faces.face": "view add change delete",
        "faces.person": "view add change delete",
        "jobs.job": "add",  # to have a photo looked at again
        "photos.owner": "view",
        "photos.photo": "view",
        "search.caption": "view",
        "search.detectedobject": "view",
        "search.differentphotos": "view add delete",
        "search.nearduplicates": "view",
        "search.phototag": "view",
        "search.savedsearch": "view add change delete",
        "search.textline": "view",
    },
    OPERATOR: {
        "django_q.failure": "view",
        "django_q.ormq": "view",
        "django_q.schedule": "view",
        "django_q.success": "view",
        "jobs.delivery": "view change",
        "jobs.item": "view",
        "jobs.job": "view add change delete",
        "jobs.remoteworker": "view",
        "jobs.storagesource": "view add change delete",
        "jobs.webhook": "view change",
        "jobs.workertoken": "view add change",
        "photos.owner": "view",
        "photos.servedmodel": "view change",
        "photos.space": "view",
        "search.unembedded": "view",
    },
}
# All models of these are the auditor's to view.
AUDITED = ("admin", "auth", "config", "django_q", "faces", "jobs", "photos", "search")


def give(apps: Any, using: str) -> None:
    """Have each group with just its rights, as far as their models are there in `apps`.

    Who is in a group stays in it. Twice changes nothing.
    """
    _make_permissions(apps, using)
    groups = apps.get_model("auth", "Group").objects.using(using)
    for name in (*RIGHTS, AUDITOR):
        group, _ = groups.get_or_create(name=name)
        group.permissions.set(permissions_of(name, apps, using))


def permissions_of(name: str, apps: Any, using: str) -> list[Any]:
    """Those of the group `name` that are there."""
    there = apps.get_model("auth", "Permission").objects.using(using)
    if name == AUDITOR:
        audited = there.filter(content_type__app_label__in=AUDITED)
        return list(audited.filter(codename__startswith="view_"))
    wanted = {
        (model.partition(".")[0], f"{act}_{model.partition('.')[2]}")
        for model, acts in RIGHTS[name].items()
        for act in acts.split()
    }
    known = there.select_related("content_type")
    return [each for each in known if (each.content_type.app_label, each.codename) in wanted]


def _make_permissions(apps: Any, using: str) -> None:
    """Django makes them only when all migrations are done, which is too late here."""
    for app in apps.get_app_configs():
        if not hasattr(app, "models_module"):  # as migrations know an app; it is asked for alone
            app.models_module = True
        create_permissions(app, verbosity=0, using=using, apps=apps)
