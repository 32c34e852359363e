"""Where SQL runs: opening DuckDB, the graph of tables, what is made again. Not here: the SQL (sql/) and what it means."""
