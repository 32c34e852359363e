"""Where SQL runs. Belongs here: one file per engine. Not here: the SQL (sql/) and what it means."""
