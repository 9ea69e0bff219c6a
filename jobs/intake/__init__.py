"""The ways in which photos are announced or asked for, beside a single one."""
