"""The stateful phase: programs that convert, view, write, drop and convert again, held to a model of whose memory it is."""
