"""What runs the service elsewhere: containers, clusters, and the numbers to plan them by."""
