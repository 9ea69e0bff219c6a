"""Who guesses passwords of staff is locked out for a while: what django-axes asks us."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from config.access.addresses import client_of


def address_of(request: HttpRequest) -> str:
    """Whoever can't be told apart counts as one."""
    client = client_of(request.META, settings.TRUSTED_PROXY_HOPS)
    return str(client) if client else "0.0.0.0"  # noqa: S104  # nobody's address


def locked_out(request: HttpRequest, *_args: Any) -> HttpResponse:
    minutes = max(1, round(settings.LOGIN_LOCK_MINUTES))
    told = _("Too many tries. Come back in %(minutes)d minutes.") % {"minutes": minutes}
    shown = {**admin.site.each_context(request), "title": _("Log in"), "told": told}
    answer = render(request, "admin/locked_out.html", shown, status=429)
    answer.headers["Retry-After"] = str(minutes * 60)
    return answer
