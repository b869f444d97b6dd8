"""Which watches does this document meet? Pure; the only room that knows the automaton.

loader -> Rules (ast)        plain data to trees: reader, terms, clauses/, filters, lexicon/*.yml
Matcher.match(document)      tokens (fold, scripts, teasers) -> scan (forms, endings.yml) -> evaluate -> Match
schema                       the language as JSON Schema
"""
