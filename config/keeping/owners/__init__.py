"""A whole owner as one archive, and an owner from such an archive."""
