"""What people do to people: each operation is an edit, which can be undone."""
