"""PostgreSQL as Django knows it, with a pool that takes less of each request's time."""
