"""A real MQTT broker on loopback, in a process of its own."""

import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from pwdlib import PasswordHash

USER, PASSWORD = "kindred", "sesame and more"
_CONFIG = """
listeners: {{default: {{type: tcp, bind: "127.0.0.1:{port}"}}}}
plugins: {{amqtt.plugins.authentication.FileAuthPlugin: {{password_file: "{passwords}"}}}}
"""
_AMQTT = Path(sys.executable).with_name("amqtt")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(folder: Path) -> Iterator[int]:
    """The port of a broker that lets in USER alone, and runs as long as the block."""
    port, passwords, config = free_port(), folder / "passwords", folder / "broker.yaml"
    passwords.write_text(f"{USER}:{PasswordHash.recommended().hash(PASSWORD)}\n")
    config.write_text(_CONFIG.format(port=port, passwords=passwords))
    command = [str(_AMQTT), "-c", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own
        said = process.stderr
        assert said is not None
        listener = threading.Thread(target=said.read)
        try:
            assert any("bind to" in line for line in said)
            listener.start()  # or the broker waits for somebody to read what it says
            yield port
        finally:
            process.terminate()
            listener.join()


@contextmanager
def subscribed(port: int, topic: str) -> Iterator[queue.SimpleQueue[MQTTMessage]]:
    """Each message below `topic`, as it comes."""
    messages: queue.SimpleQueue[MQTTMessage] = queue.SimpleQueue()
    ready = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(USER, PASSWORD)
    client.on_message = lambda _c, _d, message: messages.put(message)
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe(topic, qos=1)
    assert ready.wait(10)
    try:
        yield messages
    finally:
        client.disconnect()
        client.loop_stop()
