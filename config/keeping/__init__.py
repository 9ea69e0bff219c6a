"""Keeping data for years: how long, backups, restoring, and looking whether all is whole."""
