"""A package, so that its one playground, and the environment it sets, end with its last test."""
