"""The tables of the SNDS, about stays and about persons: which table a header is, its columns, its cells, which go together."""
