#!/usr/bin/env python
"""A worker for a server elsewhere: `manage.py pull_worker` by another name, with its options."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line([sys.argv[0], "pull_worker", *sys.argv[1:]])
