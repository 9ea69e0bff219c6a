"""Telling an MQTT broker of events, where `MQTT_URL` names one."""

import queue
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, ConnectFlags, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from jobs.models import Delivery
from jobs.telling.outbox import Answer
from jobs.telling.webhooks import message

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_PATIENCE_S = 5.0  # for a connection, and for what confirms that a message has come
_AT_LEAST_ONCE = 1  # MQTT's quality of service
_WRONG = "MQTT_URL is not mqtt[s]://[user:password@]host[:port][/prefix]. Correct it."


class BrokerError(Exception):
    """The broker could not be told. The message says why."""


@dataclass(frozen=True)
class Broker:
    """Where the broker is, and below which topic it is told."""

    host: str
    port: int
    encrypted: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    prefix: str = ""

    @classmethod
    def parse(cls, url: str) -> "Broker":
        """Read `MQTT_URL`.

        Raises:
            BrokerError: it is none.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise BrokerError(_WRONG) from None  # its words repeat the password
        if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
            raise BrokerError(_WRONG)
        prefix = unquote(parts.path).strip("/")
        if set(prefix) & set("+#\0"):
            raise BrokerError("The prefix of MQTT_URL has a + or a #, which no topic may have.")
        return cls(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            encrypted=parts.scheme == "mqtts",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            prefix=prefix,
        )


class Publisher:
    """Sends to the broker at `url`. Connects at the first need, once for as long as it is open."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client: Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None:
        self._close()

    def send(self, delivery: Delivery) -> Answer:
        """One attempt to tell the broker; delivered is what it has confirmed."""
        try:
            broker = Broker.parse(self.url)
            self._client = self._client or _connect(broker)
            _publish(self._client, _topic(broker, delivery), message(delivery))
        except BrokerError as exc:
            self._close()
            return Answer(delivered=False, error=str(exc))
        return Answer(delivered=True)

    def _close(self) -> None:
        if self._client:
            _end(self._client)
        self._client = None


def _topic(broker: Broker, delivery: Delivery) -> str:
    event = delivery.event
    if event is None:
        raise TypeError("This delivery tells of no event.")
    below = f"{delivery.owner_id}/jobs/{event.job_id}/{event.kind}"
    return f"{broker.prefix}/{below}" if broker.prefix else below


def _connect(broker: Broker) -> Client:
    """A connection that the broker has accepted.

    Raises:
        BrokerError: the broker does not answer, or does not want us.
    """
    client = _client(broker)
    codes: queue.SimpleQueue[ReasonCode] = queue.SimpleQueue()

    def hear(
        _c: Client, _d: Any, _f: ConnectFlags, code: ReasonCode, _p: Properties | None
    ) -> None:
        codes.put(code)

    client.on_connect = hear
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        code = codes.get(timeout=_PATIENCE_S)
    except (OSError, queue.Empty) as exc:
        _end(client)
        raise BrokerError("The broker could not be reached, or gave no answer.") from exc
    if code.is_failure:
        _end(client)
        raise BrokerError(f"The broker let us not in: {code}.")
    return client


def _client(broker: Broker) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311, reconnect_on_failure=False)
    client.connect_timeout = _PATIENCE_S
    if broker.user:
        client.username_pw_set(broker.user, broker.password or None)
    if broker.encrypted:
        client.tls_set()
    return client


def _end(client: Client) -> None:
    client.disconnect()
    client.loop_stop()


def _publish(client: Client, topic: str, payload: str) -> None:
    """Send, and wait until the broker has it.

    Raises:
        BrokerError: the broker has not confirmed it in time.
    """
    sent = client.publish(topic, payload, qos=_AT_LEAST_ONCE)
    try:
        sent.wait_for_publish(_PATIENCE_S)
    except (RuntimeError, ValueError) as exc:
        raise BrokerError("The connection to the broker is broken.") from exc
    if not sent.is_published():
        raise BrokerError("The broker has not confirmed the message in time.")
