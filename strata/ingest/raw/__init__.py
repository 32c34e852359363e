"""The raw tables that both forms of a field of care are put into, their judgement, and the selects that make the tables as read."""
