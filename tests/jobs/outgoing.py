"""What the outbox is tried with: deliveries, and somebody who tells."""

from collections.abc import Callable

from jobs.models import Delivery
from jobs.telling.outbox import Answer, Outbox

State = Delivery.State
DELIVERED = Answer(delivered=True, status_code=204)
FAILED = Answer(delivered=False, status_code=500, error="The receiver answered with status 500.")


class Telling:
    """Sends over webhooks by keeping what is sent, and answers what it is made with."""

    def __init__(self, *answers: Answer) -> None:
        self.sent: list[int] = []
        self._answers = list(answers)

    def __call__(self, delivery: Delivery) -> Answer:
        self.sent.append(delivery.pk)
        return self._answers.pop(0) if self._answers else DELIVERED


def run(send: Callable[[Delivery], Answer], *, limit_s: float = 10) -> int:
    return Outbox({"webhook": send}, limit_s).run()


def claim() -> Delivery:
    [delivery] = Delivery.objects.claim(limit=8, lease_s=60)
    return delivery
