"""The frameworks: what one is, the registry, and a folder for each."""
