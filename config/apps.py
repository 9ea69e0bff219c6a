"""What brings the apps together."""

import logging

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = _("Access")

    def ready(self) -> None:
        # They need the models of all apps.
        import config.access.described  # noqa: F401, PLC0415  # found by being there
        from config import languages  # noqa: PLC0415
        from config.access.demo import LOUD  # noqa: PLC0415

        languages.translate_names()
        if settings.AUTH_DISABLED:
            logging.getLogger(__name__).warning(LOUD)
