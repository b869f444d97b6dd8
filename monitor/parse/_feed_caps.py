"""How much of one feed is taken, in whatever form it came."""

from __future__ import annotations

ENTRIES_CAP = 2_000  # the largest real feed of a publisher had 1,000
INFLATED_CAP = 16_000_000  # bytes, as much as a fetcher lets in
SUMMARY_CAP = 2_000  # characters: enough for a lead; the article's text comes from its page
MARKUP_CAP = 10_000  # characters of a description that are worth turning into a summary
ID_CAP = 1_000
AUTHORS_CAP = 20
NAME_CAP = 200
