"""Pages made from a published run folder. Reads published files only: never the warehouse, never the engine."""
