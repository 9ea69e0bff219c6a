"""The page on which staff search photos."""
