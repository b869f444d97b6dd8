"""The house of Tocsin: rooms of pure thought in the middle, one door per library.

    5  cli · demo                      words on a terminal; the show
    4  app · schedule · crawl          what is constructed, what ticks, how Scrapy is run
    3  flows                           visit · ingest · deliver · operate: fetch facts, ask, write
    2  parse · match · decide · render pure: bytes to words, words to matches, judgements, messages
       store · workers · egress        the database, killable children, the only connector
    1  ports · registry · config · log what a plug-in promises, how it is found, what the user wrote
    0  model · errors                  the nouns

Imports go down only; rooms on one floor do not see each other. The wings `spiders` (the
world in) and `alerts` (the world out) import the house, never each other; the house finds
them by folder. docs/floor-plan.md draws it, tests/test_architecture.py holds the code to it.
"""
