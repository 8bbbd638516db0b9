"""Recordings of calls: whether a caller agreed, what there is, how long, who listens."""
