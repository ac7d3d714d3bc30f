"""A module for each client. Its `Driver` uses the client as its own documentation shows (see `job.Driver`)."""
