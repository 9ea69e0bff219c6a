"""The page on which staff say, pair by pair, who is one person."""
