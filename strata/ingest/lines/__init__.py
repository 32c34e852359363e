"""Lines of fixed-width text, whatever their family: layouts, repeated zones, columns, faults. Not here: what a column means."""
