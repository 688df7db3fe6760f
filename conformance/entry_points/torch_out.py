from conformance.promises import EntryPoint

ENTRY_POINTS: tuple[EntryPoint, ...] = ()
