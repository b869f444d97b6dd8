"""Which watches does this document meet? Pure; the only room that knows the automaton.

loader -> Rules (ast)        plain data to trees: reader, terms, query, regex, clauses/, filters, lexicon/*.yml
Matcher.match(document)      tokens (fold, scripts, teasers) -> scan (forms, endings.yml)
                             -> prefilter -> evaluate -> Match
Matcher.explain(document)    the same, clause by clause, with reasons
schema                       the language as JSON Schema
"""
