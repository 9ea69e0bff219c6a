"""Telling others what has happened: who listens here, and who is called elsewhere."""
