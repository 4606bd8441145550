"""One gateway for most tests: a saved model, and a door to an upstream that replies to order."""

import dataclasses
import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from conftest import moods
from servers.upstream import Upstream, moods_reply

import underdog as ud
from underdog.fronts.gateway.app import Gateway
from underdog.fronts.gateway.server import made
from underdog.fronts.gateway.settings import Settings
from underdog.runtime.persist import save


class Running:
    """A gateway that listens: ``base`` is its address."""

    def __init__(self, gateway, server, port):
        self.gateway, self.server, self.base = gateway, server, f"http://127.0.0.1:{port}"

    def ask(self, path, body=None, method=None, **headers):
        """The status, the headers and the body of one request; a body that is no bytes is JSON."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        names = {k.replace("_", "-"): v for k, v in headers.items()}
        request = urllib.request.Request(self.base + path, data, names, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def json(self, path, body=None, **headers):
        """The status and the JSON of one request."""
        status, _, data = self.ask(path, body, **headers)
        return status, json.loads(data)


@contextmanager
def running(settings):
    """A gateway in a thread, until the block ends."""
    gateway = Gateway(dataclasses.replace(settings, port=0))
    bound = threading.Event()
    ports = []

    def ready(port):
        ports.append(port)
        bound.set()

    server = made(gateway, ready)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert bound.wait(20)
    try:
        yield Running(gateway, server, ports[0])
    finally:
        server.should_exit = True
        thread.join(20)
        gateway.close()
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tickets"
    save(ud.build("bayes()").fit(moods(120)), folder, {"labels": ["neg", "pos"]})
    return folder


@pytest.fixture(scope="session")
def upstream():
    found = Upstream()
    yield found
    found.close()


@pytest.fixture(scope="session")
def _gateway(tmp_path_factory, model_folder, upstream):
    settings = Settings(
        models=(model_folder,),
        upstream=upstream.url,
        store=str(tmp_path_factory.mktemp("store") / "gateway.sqlite"),
        token="secret-token",
        max_body=1 << 20,
    )
    with running(settings) as found:
        yield found


@pytest.fixture
def gateway(_gateway, upstream):
    """The gateway, in front of an upstream that replies as usual."""
    upstream.answer = moods_reply
    upstream.sent.clear()
    return _gateway


def ledger(gateway, request):
    """The row of the ledger of the request with this identity, by column."""
    inner, end, rows = gateway.gateway, time.monotonic() + 30, []
    while not rows and time.monotonic() < end:  # it is put after the reply is sent
        assert inner.writer.flush(10)
        rows = inner.store.rows("SELECT * FROM requests WHERE id = :id", id=request)
    assert len(rows) == 1
    return dict(rows[0]._mapping)
