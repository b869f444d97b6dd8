"""Why no answer came, in the house's words: what it means for a visit, and for an article."""

from __future__ import annotations

from dataclasses import dataclass

from scrapy.exceptions import IgnoreRequest

from monitor.model import ReadFailure, VisitOutcome
from spiders._handler import AddressRefused, BodyTooLarge, NotNow
from spiders._robots import RobotsForbidden, RobotsUnreachable


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong; `retry_after` in seconds, where the site or our politeness names it."""

    outcome: VisitOutcome
    failure: ReadFailure
    reason: str
    retry_after: float | None = None


def fault_of(error: BaseException | None) -> Fault:
    """Return what an error of a download means."""
    reason = str(error or "") or type(error).__name__
    match error:
        case RobotsForbidden():
            return Fault(VisitOutcome.REFUSED, ReadFailure.ROBOTS, reason)
        case AddressRefused():
            return Fault(VisitOutcome.REFUSED, ReadFailure.REFUSED, reason)
        case BodyTooLarge():
            return Fault(VisitOutcome.FAILED, ReadFailure.TOO_LARGE, reason)
        case NotNow():
            return Fault(VisitOutcome.FAILED, ReadFailure.NETWORK, reason, error.retry_after)
        case RobotsUnreachable():
            pass  # not REFUSED: a minute without network must not cost a source or an article a whole day
        case IgnoreRequest():
            reason = f"the request was given up: {reason}"
        case _:
            reason = f"{type(error).__name__}: {reason}"
    return Fault(VisitOutcome.FAILED, ReadFailure.NETWORK, reason)
