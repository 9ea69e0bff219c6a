"""Names in and out: those in the files of photos, and people as a document."""
