"""The broker is told of events."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone

from jobs import events, tasks
from jobs.models import Delivery, Event
from jobs.telling.mqtt import Broker, BrokerError, Publisher
from jobs.telling.outbox import Answer
from photos.models import Owner
from tests.factories import make_event, make_owner
from tests.jobs.broker import PASSWORD, USER, free_port, running, subscribed

WRONG = "MQTT_URL is not mqtt[s]://[user:password@]host[:port][/prefix]. Correct it."


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("broker")
    with running(folder) as port:
        yield port


def url_of(port: int, *, password: str = PASSWORD, prefix: str = "/home/kindred") -> str:
    return f"mqtt://{USER}:{quote(password)}@127.0.0.1:{port}{prefix}"


def make_message(owner: Owner | None = None, **values: Any) -> Delivery:
    """A delivery to the broker."""
    event = make_event(owner=owner, **values)
    return Delivery.objects.create(channel=Delivery.Channel.MQTT, owner=event.owner, event=event)


class TestBroker:
    def test_is_read_from_a_url(self) -> None:
        assert Broker.parse("mqtts://anna:a%2Fb@broker.example/home/kindred/") == Broker(
            host="broker.example",
            port=8883,
            encrypted=True,
            user="anna",
            password="a/b",  # noqa: S106  # of a test
            prefix="home/kindred",
        )

    def test_needs_no_more_than_a_host(self) -> None:
        assert Broker.parse("mqtt://broker.example") == Broker("broker.example", 1883)

    @pytest.mark.parametrize(
        "url",
        ["", "broker", "http://broker", "mqtt://", "mqtt://broker:x", "mqtt://broker/a?b#c"],
    )
    def test_is_not_read_from_what_is_no_such_url(self, url: str) -> None:
        with pytest.raises(BrokerError) as raised:
            Broker.parse(url)

        assert str(raised.value) == WRONG

    def test_has_no_prefix_that_no_topic_may_have(self) -> None:
        with pytest.raises(BrokerError):
            Broker.parse("mqtt://broker/a/%23")

    def test_does_not_show_its_password(self) -> None:
        assert "sesame" not in repr(Broker.parse("mqtt://anna:sesame@broker"))


@pytest.mark.django_db
class TestPublisher:
    def test_tells_of_an_event_below_its_owner_and_job(self, port: int) -> None:
        delivery = make_message(data={"status": "completed"})
        event = Event.objects.get()

        with subscribed(port, "home/#") as messages, Publisher(url_of(port)) as publisher:
            answer = publisher.send(delivery)
            told = messages.get(timeout=10)

        assert answer == Answer(delivered=True)
        assert told.topic == f"home/kindred/{event.owner_id}/jobs/{event.job_id}/job.completed"
        assert told.qos == 1
        assert json.loads(told.payload) == {
            "type": "job.completed",
            "timestamp": event.created_at.isoformat(),
            "data": {"job_id": str(event.job_id), "status": "completed"},
        }

    def test_needs_no_prefix(self, port: int) -> None:
        delivery = make_message()
        event = Event.objects.get()
        url = url_of(port, prefix="")

        with subscribed(port, f"{event.owner_id}/#") as messages, Publisher(url) as publisher:
            publisher.send(delivery)
            told = messages.get(timeout=10)

        assert told.topic == f"{event.owner_id}/jobs/{event.job_id}/job.completed"

    def test_says_that_the_broker_does_not_let_it_in(self, port: int) -> None:
        delivery = make_message()

        with Publisher(url_of(port, password="wrong")) as publisher:  # noqa: S106  # of a test
            answer = publisher.send(delivery)

        assert not answer.delivered
        assert answer.error == "The broker let us not in: Not authorized."

    def test_says_that_no_broker_is_there(self) -> None:
        with Publisher(url_of(free_port())) as publisher:
            answer = publisher.send(make_message())

        words = "The broker could not be reached, or gave no answer."
        assert answer == Answer(delivered=False, error=words)

    def test_says_that_its_url_is_none(self) -> None:
        with Publisher("http://broker") as publisher:
            answer = publisher.send(make_message())

        assert answer == Answer(delivered=False, error=WRONG)

    def test_connects_anew_after_the_broker_was_away(self, port: int, tmp_path: Path) -> None:
        delivery = make_message()
        with running(tmp_path) as other:
            publisher = Publisher(url_of(other))
            first = publisher.send(delivery)
        with publisher:
            away = publisher.send(delivery)
            publisher.url = url_of(port)
            again = publisher.send(delivery)

        assert [first.delivered, away.delivered, again.delivered] == [True, False, True]


@pytest.mark.django_db(transaction=True)
class TestDeliver:
    def test_tells_the_broker_of_all_owners_events_in_their_order(
        self, port: int, settings: Any
    ) -> None:
        settings.MQTT_URL = url_of(port)
        anna, ben, job = make_owner(), make_owner(), make_event().job_id
        kinds = [(anna, Event.Kind.JOB_CREATED), (ben, Event.Kind.JOB_FAILED)]
        for owner, kind in [*kinds, (anna, Event.Kind.PHOTO_COMPLETED)]:
            events.tell(owner.pk, kind, job, {})

        with subscribed(port, "home/#") as messages:
            tasks.deliver()
            topics = [messages.get(timeout=10).topic for _ in range(3)]

        assert topics == [
            f"home/kindred/{anna.pk}/jobs/{job}/job.created",
            f"home/kindred/{ben.pk}/jobs/{job}/job.failed",
            f"home/kindred/{anna.pk}/jobs/{job}/photo.completed",
        ]
        assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}

    def test_tries_again_when_the_broker_is_back(self, port: int, settings: Any) -> None:
        settings.MQTT_URL = url_of(free_port())
        make_message()

        tasks.deliver()

        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.attempts) == ("pending", 1)
        assert delivery.run_after > timezone.now()
