"""What comes in over the API, and what goes out."""
