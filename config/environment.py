"""The environment that all settings are read from, with `.env` beside `manage.py`."""

import os
from pathlib import Path

from config.secret_files import FileEnv
from config.upgrading import settle

BASE_DIR = Path(__file__).resolve().parent.parent
env = FileEnv()
env.read_env(BASE_DIR / ".env")
settle(os.environ)  # variables of the systems that this one replaces
VAR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))
