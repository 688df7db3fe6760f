"""The conformance suite: entry points with their promises, the laws, and the subjects that are judged by them."""
