"""The keys of the watch language: one module, one CLAUSE; found by folder."""
