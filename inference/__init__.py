"""The models: arrays in, arrays out. The only user of Triton; knows nothing of Django."""
