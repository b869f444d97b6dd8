"""Alert -> what a receiver gets: JSON, a mail, lines of text.

Every text goes through `safe` first: cleaned, cut, its links checked. Pure; the only room with
Jinja2.
"""
