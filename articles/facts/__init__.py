"""The admin of the facts, extended by their coverage, their history and merging of duplicates."""
