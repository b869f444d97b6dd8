"""`tocsin expand`: every form that a watch, a set or a term will match, and what it will not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli._archive import open_archive
from monitor.cli._output import Table, is_terminal, say, write_json
from monitor.config import secrets
from monitor.config.loader import load_document
from monitor.errors import ConfigError, StoreError
from monitor.load import load_watches
from monitor.match.ast import Context, Node, Rules, Term
from monitor.match.expand import Expander, Forms, Lookalikes, Proposal, Refusal, beginning_of, propose, roles
from monitor.match.forms import Endings
from monitor.match.loader import load_rules
from monitor.match.shipped import shipped_sets
from monitor.match.tree import all_terms, children, known_words
from monitor.store.database import Connection
from monitor.store.watches import words_like

app = typer.Typer(add_completion=False, rich_markup_mode=None)

ALIKE_MOST = 300  # words of the archive that are looked at, for one term
SHOWN = 12  # refused look-alikes of one term on a terminal …
FEW = 5  # … where there are so few terms; of a set only the words that were asked for
_PROBE = "what-was-typed"  # the name of the set and the watch that stand for it
_CONTEXT = "any context"


@dataclass(frozen=True, slots=True)
class Expanded:
    """One term with what it is there for, its forms, and the words that look like it."""

    role: str
    forms: Forms
    taken: tuple[str, ...]
    refused: tuple[Refusal, ...]


@app.command()
def expand(
    what: Annotated[str, typer.Argument(help="The id of a watch, a $set, or a term as you would write it.")],
    config: Annotated[Path, typer.Option("--config", "-c", help="Your file, if there is one.")] = Path("tocsin.yml"),
    lang: Annotated[str, typer.Option(help="In texts of this language; also the language of a plain term.")] = "",
    test: Annotated[list[str] | None, typer.Option("--test", help="Say of this word whether it matches.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines (always, unless on a terminal).")] = False,
) -> int:
    """List every form that will match, as the service verifies it, and look-alikes with what they are refused for.

    Look-alikes are the words you give with --test, some made up, and words of the lexicon and of the articles read so
    far. For a plain term, sets that say the same in more languages are proposed.
    """
    language = lang.partition("-")[0].lower() or None
    sets, rules = _read(config)
    terms = _terms(what, sets, rules, language)
    # The same known words as in the service: they make compounds sure.
    forms = Endings(known_words([*all_terms(watch.clause for watch in rules.watches), *terms]))
    expander = Expander(forms)
    nodes = _set_nodes(sets)
    asked = test or []
    with _archive(config) as db:
        alike = Lookalikes(known_words(all_terms(nodes.values())))
        expanded = [
            _expand(expander, term, role, language, [*asked, *dict.fromkeys([*alike.to(term), *_read_alike(db, term)])])
            for term, role in terms.items()
        ]
    is_plain = len(terms) == 1 and not what.startswith("$") and what not in {info.id for info in rules.infos}
    proposals = propose(what, nodes, forms, language) if is_plain else []
    if as_json or not is_terminal():
        for each in expanded:
            write_json(_record(each))
        for proposal in proposals:
            write_json({"proposal": proposal.item, "terms": proposal.terms})
    else:
        _show(expanded, proposals, asked)
    return 0


# ── Reading what was meant ───────────────────────────────────────────────────────────────────


def _read(config: Path) -> tuple[Mapping[str, object], Rules]:
    """Return the user's sets and watches; none of either where there is no file."""
    if not config.exists():
        return {}, Rules(())
    rules = load_watches(config, os.environ)
    data = secrets.fill(load_document(config), os.environ).data
    sets = data.get("sets") if isinstance(data, dict) else None
    return (sets if isinstance(sets, dict) else {}), rules


def _terms(what: str, sets: Mapping[str, object], rules: Rules, language: str | None) -> dict[Term, str]:
    """Return the terms that were meant, each with what it is there for."""
    for watch in rules.watches:
        if watch.info.id == what:
            return dict(roles(watch))
    (probe,) = _probe(what, sets, language).watches
    return dict(roles(replace(probe, clause=_without_context(probe.clause))))


def _probe(item: str, sets: Mapping[str, object], language: str | None) -> Rules:
    """Read one string as the item of a watch. The context makes lawful what would be too little alone: one letter."""
    watch = {"id": _PROBE, "any": [f"${_PROBE}"], "with": [_CONTEXT]}
    try:
        return load_rules([watch], {**sets, _PROBE: {language or "*": [item]}})
    except ConfigError as error:
        raise ConfigError(tuple(replace(each, path=()) for each in error.problems)) from error


def _set_nodes(sets: Mapping[str, object]) -> dict[str, Node]:
    """Return all sets there are, the shipped and the user's."""
    names = list(dict.fromkeys([*shipped_sets(), *sets]))
    watches = [{"id": f"set-{at}", "any": [f"${name}"], "with": [_CONTEXT]} for at, name in enumerate(names)]
    rules = load_rules(watches, sets)
    return {name: _without_context(watch.clause) for name, watch in zip(names, rules.watches, strict=True)}


def _without_context(clause: Node) -> Node:
    return next(item for item in children(clause) if not isinstance(item, Context))


# ── Forms and look-alikes ────────────────────────────────────────────────────────────────────


def _expand(expander: Expander, term: Term, role: str, language: str | None, words: Sequence[str]) -> Expanded:
    told = language or term.words[0].language
    forms = expander.expand(term, told)
    taken, refused = expander.judge(term, words, told)
    return Expanded(role, forms, tuple(taken), tuple(refused))


def _read_alike(db: Connection | None, term: Term) -> list[str]:
    """Return the words of the articles read so far that begin as a term does, but for its last letters."""
    beginning = beginning_of(term)
    return [word for word, _ in words_like(db, beginning, limit=ALIKE_MOST)] if db is not None and beginning else []


@contextmanager
def _archive(config: Path) -> Iterator[Connection | None]:
    """Open the store if there is one."""
    with ExitStack() as stack:
        db = None
        if config.exists():
            with suppress(StoreError, ConfigError):  # nothing was read yet, or the file has only watches
                db = stack.enter_context(open_archive(config, os.environ))
        yield db


# ── Showing ──────────────────────────────────────────────────────────────────────────────────


def _record(each: Expanded) -> dict[str, Any]:
    forms = each.forms
    return {
        "term": forms.term,
        "role": each.role,
        "language": forms.language,
        "forms": list(forms.forms),
        "further": list(forms.further),
        "alike_taken": list(each.taken),
        "alike_refused": {refusal.word: refusal.reason for refusal in each.refused},
    }


def _show(expanded: Sequence[Expanded], proposals: Sequence[Proposal], asked: Sequence[str]) -> None:
    table = Table("term", "role", "language", "forms (small letters, no accents)")
    for each in expanded:
        told = ", ".join(
            [*dict.fromkeys([*each.forms.forms, *each.taken]), *(f"[{line}]" for line in each.forms.further)]
        )
        table.add(each.forms.term, each.role, each.forms.language or "any", told)
    table.show()
    for each in expanded:
        for word in each.taken:
            if word in asked:
                say(f"is {each.forms.term}: {word}")
        of_asked = [refusal for refusal in each.refused if refusal.word in asked]
        others = each.refused if len(expanded) <= FEW else ()
        for refusal in list(dict.fromkeys([*of_asked, *others]))[: max(SHOWN, len(of_asked))]:
            say(f"not {each.forms.term}: {refusal.word} ({refusal.reason})")
    for proposal in proposals:
        say(
            f"in more languages: {proposal.item} ({proposal.terms} terms); `tocsin expand '{proposal.item}'` lists them"
        )
