"""The pages that django-q2 has for its own tasks, as staff may use them here."""

import django_q.admin  # noqa: F401  # has registered them by then
from django.contrib import admin
from django_q.models import Failure, Success

for model in (Failure, Success):
    # They offer to send a task again, to whoever may look at it. Tasks are wake-ups: our own rows
    # know what is left to do, and a schedule wakes whoever has slept through one.
    admin.site.get_model_admin(model).actions = None
