"""Why no answer came, in the house's words."""

from __future__ import annotations

import pytest
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest

from monitor.model import ReadFailure, VisitOutcome
from spiders._faults import fault_of
from spiders._handler import AddressRefused, BodyTooLarge, NotNow
from spiders._robots import RobotsForbidden, RobotsUnreachable


@pytest.mark.parametrize(
    ("error", "outcome", "failure"),
    [
        (RobotsForbidden("robots.txt forbids it"), VisitOutcome.REFUSED, ReadFailure.ROBOTS),
        (RobotsUnreachable("robots.txt cannot be read"), VisitOutcome.FAILED, ReadFailure.NETWORK),
        (AddressRefused("10.0.0.1 is refused"), VisitOutcome.REFUSED, ReadFailure.REFUSED),
        (BodyTooLarge("more than 8 MB"), VisitOutcome.FAILED, ReadFailure.TOO_LARGE),
        (NotNow("the site rests", 30.0), VisitOutcome.FAILED, ReadFailure.NETWORK),
        (IgnoreRequest("max redirections reached"), VisitOutcome.FAILED, ReadFailure.NETWORK),
        (DownloadTimeoutError("20 s"), VisitOutcome.FAILED, ReadFailure.NETWORK),
        (ZeroDivisionError(), VisitOutcome.FAILED, ReadFailure.NETWORK),
        (None, VisitOutcome.FAILED, ReadFailure.NETWORK),
    ],
)
def test_each_error_has_its_meaning_and_a_reason(
    error: BaseException | None, outcome: VisitOutcome, failure: ReadFailure
) -> None:
    fault = fault_of(error)
    assert (fault.outcome, fault.failure) == (outcome, failure)
    assert str(error or "") in fault.reason
    assert fault.reason
    assert fault.retry_after == (30.0 if isinstance(error, NotNow) else None)
