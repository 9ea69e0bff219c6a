"""The groups of staff: what a migration makes of them."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection

from jobs import roles
from jobs.roles import AUDITOR, OPERATOR, REVIEWER, RIGHTS
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def migrate() -> None:
    with connection.schema_editor() as editor:
        import_module("jobs.migrations.0013_roles").give(apps, editor)


def rights(name: str) -> set[str]:
    held = Permission.objects.filter(group__name=name).select_related("content_type")
    return {f"{each.content_type.app_label}.{each.codename}" for each in held}


def told(name: str) -> set[str]:
    """What jobs/roles.py says of a group."""
    return {
        f"{app}.{act}_{table}"
        for model, acts in RIGHTS[name].items()
        for act in acts.split()
        for app, table in [model.split(".")]
    }


class TestMigration:
    @pytest.mark.parametrize("name", [REVIEWER, OPERATOR])
    def test_gives_each_group_what_is_said_of_it(self, name: str) -> None:
        assert rights(name) == told(name)

    def test_lets_the_auditor_view_all_models_but_keys(self) -> None:
        models = {
            f"{model._meta.app_label}.view_{model._meta.model_name}"  # noqa: SLF001  # documented
            for model in apps.get_models()
            if model._meta.app_label in roles.AUDITED  # noqa: SLF001
        }

        assert rights(AUDITOR) == models
        assert not [each for each in models if "token." in each or each.startswith("sessions.")]

    def test_done_again_puts_right_what_was_changed(self) -> None:
        before = {name: rights(name) for name in (REVIEWER, OPERATOR, AUDITOR)}
        Group.objects.get(name=AUDITOR).permissions.add(
            Permission.objects.get(codename="delete_photo")
        )
        Group.objects.get(name=REVIEWER).permissions.clear()
        Group.objects.get(name=OPERATOR).delete()

        migrate()
        migrate()

        assert {name: rights(name) for name in before} == before

    def test_leaves_who_is_in_a_group_and_other_groups_alone(self) -> None:
        anna, others = make_user(), Group.objects.create(name="friends")
        others.permissions.add(Permission.objects.get(codename="view_photo"))
        anna.groups.add(Group.objects.get(name=REVIEWER), others)

        migrate()

        assert set(anna.groups.values_list("name", flat=True)) == {REVIEWER, "friends"}
        assert rights("friends") == {"photos.view_photo"}

    def test_needs_no_permission_to_be_there_before(self) -> None:
        Permission.objects.all().delete()

        migrate()

        assert rights(REVIEWER) == told(REVIEWER)
