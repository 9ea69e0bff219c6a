"""Finding photos, over HTTP."""
