"""The warehouse file: the tables that ingest writes, who may write, and how a slice replaces another."""
