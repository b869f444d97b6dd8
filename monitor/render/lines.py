"""Alert -> the few lines that a terminal shows. Escape sequences were taken out with the controls."""

from __future__ import annotations

from datetime import datetime

from monitor.model import Alert
from monitor.render.safe import Limits, make_safe

_LIMITS = Limits(title=300, snippet=200, items=3)


def text_lines(alert: Alert) -> str:
    """Return the alert as plain text, ended by a newline; does not fail on any text."""
    safe = make_safe(alert, _LIMITS)
    mark = "TEST " if safe.is_test else ""
    lines = [f"● {mark}{safe.watch_name}: {safe.title or '(no title)'}"]
    lines.append(f"  {safe.outlet.name}, {shown(safe.published or safe.seen)}")
    lines += [f"  {safe.link.href}"] if safe.link else []
    lines += [f"  {each.field}: {each.snippet}" for each in safe.evidence]
    lines += [f"  {line}" for line in (_more("mention", safe.evidence_total - len(safe.evidence)),) if line]
    lines += [f"  also on {', '.join(each.outlet for each in safe.also_on)}"] if safe.also_on else []
    lines += [f"  {line}" for line in (_more("place", safe.also_on_total - len(safe.also_on)),) if line]
    return "\n".join(lines) + "\n"


def shown(moment: datetime) -> str:
    """Return a moment as people read it; UTC, because a message may travel."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _more(noun: str, count: int) -> str:
    return f"and {count} more {noun}{'' if count == 1 else 's'}" if count > 0 else ""
