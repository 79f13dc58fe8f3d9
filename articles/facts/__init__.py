"""The admin of engagements, extended by their coverage, their history and merging."""
