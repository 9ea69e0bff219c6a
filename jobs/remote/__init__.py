"""Workers elsewhere: what they ask of us, what we check, and what runs there."""
