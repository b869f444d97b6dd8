"""The sets that ship with Tocsin: data only, read by monitor.match.shipped."""
