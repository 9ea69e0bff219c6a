"""What staff should look at next: the questions whose answers would settle most."""
