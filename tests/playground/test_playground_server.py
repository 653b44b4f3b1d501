"""The server of the playground: what it answers, and what it refuses."""

import base64
import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
import warnings

import numpy as np
import pytest

import tensorlab as tl
from tensorlab.__main__ import _parser, main
from tensorlab.playground import Experiment, Settings, messages, sessions
from tensorlab.playground.server import DEFAULT_PORT, PlaygroundServer
from tensorlab.playground.sessions import Sessions, UnknownSession

QUICK = {"layers": [2], "batch_size": 250}


@pytest.fixture
def server():
    """A server that runs."""
    with PlaygroundServer(0) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def ask(server, method, path, body=None, headers=None):
    """Return the status, the headers and the contents of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def command(server, name, message, **headers):
    """Return the status and the answer to a command."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    status, _, contents = ask(server, "POST", f"/api/{name}", body, {"Content-Type": "application/json", **headers})
    return status, json.loads(contents)


def levels(picture):
    return np.frombuffer(base64.b64decode(picture["levels"]), dtype=np.uint8)


# -- answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/?x", "text/html"), ("/style.css", "text/css"), ("/app.js", "text/javascript")],
)
def test_files_of_the_page(server, path, kind):
    status, headers, contents = ask(server, "GET", path)
    assert status == 200
    assert headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Python" not in headers["Server"]
    assert contents


def test_files_need_nothing_from_elsewhere(server):
    _, _, page = ask(server, "GET", "/")
    assert b"://" not in page
    assert b"style=" not in page  # refused by the policy


def test_choices(server):
    choices = json.loads(ask(server, "GET", "/api/choices")[2])
    assert Settings(**choices["defaults"]).differences(Settings()) == set()
    assert choices["dataset"] == {problem: list(sets) for problem, sets in choices["previews"].items()}
    for name in ("activation", "optimizer", "regularization", "problem"):
        assert choices["defaults"][name] in choices[name]
    x1 = levels(choices["feature_maps"]["x1"]).reshape(64, 64)
    assert (np.diff(x1.astype(int)) > 0).all()
    assert (x1 == x1[0]).all()


def test_a_training(server):
    status, begun = command(server, "create", {"settings": QUICK})
    assert status == 200
    assert begun["settings"] == {**json.loads(json.dumps(Settings().as_dict())), **QUICK}
    assert len(begun["points"]) == 500
    assert [loss[0] for loss in begun["losses"]] == [0]
    status, answer = command(server, "step", {"id": begun["id"], "epochs": 2})
    assert (status, answer["epoch"]) == (200, 2)
    alone = Experiment(Settings(**QUICK))
    expected = [[epoch, *score[:2]] for epoch, score in enumerate(alone.step(2), start=1)]
    assert answer["losses"] == expected
    assert answer["weights"] == alone.weights()
    assert [len(layer) for layer in answer["units"]] == [2, 1]
    status, answer = command(server, "reset", {"id": begun["id"]})
    assert answer["losses"] == begun["losses"]


def test_changes_of_settings(server):
    _, begun = command(server, "create", {"settings": QUICK})
    place = {"id": begun["id"]}
    command(server, "step", place)
    _, answer = command(server, "change", {**place, "settings": {**begun["settings"], "learning_rate": 0.1}})
    assert answer["settings"]["learning_rate"] == 0.1
    assert "points" not in answer
    assert command(server, "step", place)[1]["epoch"] == 2
    _, answer = command(server, "change", {**place, "settings": {**begun["settings"], "features": ["x2"]}})
    assert answer["epoch"] == 0
    assert np.shape(answer["weights"][0]) == (2, 1)
    _, answer = command(server, "set_weight", {**place, "layer": 0, "unit": 1, "source": None, "value": 3})
    assert answer["biases"][0][1] == 3


def test_pictures_can_be_read_back():
    values = tl.tensor([[[0.5, -0.25], [1.0, 0.0]], [[-4.0, 2.0], [float("nan"), 1.0]]])
    small, large = messages.encoded(values)
    assert (small["scale"], large["scale"]) == (1, 4)
    expected = np.nan_to_num(values.numpy().reshape(2, 4))
    for picture, row in zip((small, large), expected):
        read = (levels(picture).astype(float) - 127) / 127 * picture["scale"]
        np.testing.assert_allclose(read, row, atol=picture["scale"] / 250)


def test_numbers_that_are_not_finite_can_be_sent():
    experiment = Experiment(Settings(**QUICK))
    experiment.model[0].weight.detach()[0, 0] = float("nan")
    state = messages.state(experiment, [experiment.scores()])
    assert json.loads(json.dumps(state, allow_nan=False))["losses"] == [[0, None, None]]
    assert state["weights"][0][0][0] is None


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "message", "status", "error"),
    [
        ("create", {"settings": {"noise": 7}}, 400, "Settings: noise must be a number in [0, 0.5], not 7"),
        ("create", {"settings": {"nose": 0}}, 400, "Settings: got an unexpected keyword argument 'nose'"),
        ("create", {"settings": []}, 400, "create: settings must be a mapping"),
        ("create", {}, 400, "create() missing"),
        ("create", {"settings": {}, "sessions": 1}, 400, "multiple values"),
        ("step", {"id": "none"}, 410, "the experiment was not used for a long time"),
        ("step", {"id": 3}, 400, "step: id must be a str, not 3"),
        ("step", {"id": "none", "epochs": 0}, 400, "step: epochs must be an integer from 1 to 100000, not 0"),
        ("import", {}, 404, "there is no command"),
        ("create", b"{", 400, "a message must be JSON"),
        ("create", b"[" * 60000, 400, "a message must be JSON"),
        ("create", b"[]", 400, "a message must be an object"),
        ("create", b" " * 70000, 413, "a message may have 65536 bytes"),
    ],
)
def test_messages_that_are_refused(server, name, message, status, error):
    got, answer = command(server, name, message)
    assert got == status
    assert error in answer["error"]
    assert len(server.sessions) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "example.com"}, 421),
        ({"Host": "127.0.0.1.example.com:80"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "http://example.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:9000", "Origin": "http://localhost:8000"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Length": "-1"}, 411),
        ({"Content-Length": "9" * 5000}, 413),
    ],
)
def test_other_sites_are_refused(server, headers, status):
    got, answer = command(server, "create", {"settings": QUICK}, **headers)
    assert got == status
    assert list(answer) == ["error"]
    assert len(server.sessions) == 0


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1:80", "LOCALHOST", "127.0.0.1"])
def test_tunnels_are_not_refused(server, host):
    origin = {"Origin": f"http://{host}"}
    assert command(server, "create", {"settings": QUICK}, Host=host, **origin)[0] == 200


@pytest.mark.parametrize("path", ["/settings.py", "/../settings.py", "/%2e%2e/settings.py", "//etc/passwd", "/api/x"])
def test_other_files_are_not_served(server, path):
    status, _, contents = ask(server, "GET", path)
    assert status == 404
    assert b"there is nothing at" in contents


def test_pages_of_other_hosts_are_not_served(server):
    assert ask(server, "GET", "/", headers={"Host": "example.com"})[0] == 421
    assert ask(server, "GET", "/api/choices", headers={"Host": "example.com"})[0] == 421


def test_only_this_machine_is_served(server):
    assert server.server_address[0] == "127.0.0.1"


def test_faults_are_told(server, monkeypatch, capsys):
    def fail(sessions):
        raise RuntimeError("broken")

    monkeypatch.setitem(sessions.COMMANDS, "fail", fail)
    assert command(server, "fail", {}) == (500, {"error": "RuntimeError: broken"})
    assert "RuntimeError: broken" in capsys.readouterr().err


def test_connections_are_kept_and_their_ends_are_no_faults(server, capsys):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
    for _ in range(2):
        connection.request("GET", "/icon.svg")
        connection.getresponse().read()
    assert connection.sock is not None
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # closing resets
    connection.close()
    ask(server, "GET", "/icon.svg")
    assert capsys.readouterr().err == ""


# -- sessions ----------------------------------------------------------------------------------------------------------


def test_experiments_that_are_not_used_are_dropped():
    time = [0.0]
    kept = Sessions(most=3, idle_seconds=10, clock=lambda: time[0])
    experiment = Experiment(Settings(**QUICK))
    first, second = kept.add(experiment), kept.add(experiment)
    time[0] = 8
    with kept.using(first):
        pass
    time[0] = 15
    third = kept.add(experiment)
    assert len(kept) == 2
    with pytest.raises(UnknownSession), kept.using(second):
        pass
    time[0] = 16
    kept.add(experiment)
    with kept.using(first):
        pass
    kept.add(experiment)  # one too many
    assert len(kept) == 3
    with pytest.raises(UnknownSession), kept.using(third):
        pass
    with kept.using(first):
        pass


def test_pages_have_experiments_of_their_own(server):
    """Several threads train at once, and each gets the numbers of its own settings."""
    found = {}

    def train(seed):
        _, begun = command(server, "create", {"settings": {**QUICK, "seed": seed}})
        for _ in range(3):
            _, found[seed] = command(server, "step", {"id": begun["id"]})

    threads = [threading.Thread(target=train, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, answer in found.items():
        alone = Experiment(Settings(seed=seed, **QUICK))
        assert answer["losses"][-1][1:] == list(alone.step(3)[-1][:2])


# -- the command -------------------------------------------------------------------------------------------------------


def test_command_ends_quietly():
    program = [sys.executable, "-m", "tensorlab", "playground", "--port", "0", "--no-browser"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            address = line.split()[4]
            assert line == f"The playground is at {address} (Ctrl-C ends it)\n"
            with urllib.request.urlopen(address, timeout=20) as page:
                assert b"tensorlab" in page.read()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "\n", "")


def test_default_port():
    assert _parser().parse_args(["playground"]).port == DEFAULT_PORT


def test_a_port_in_use(server, capsys):
    port = server.server_address[1]
    assert main(["playground", "--port", str(port), "--no-browser"]) == 2
    assert capsys.readouterr().err == f"tensorlab: port {port} is in use; port 0 takes a free one\n"
    assert main(["playground", "--port", "70000", "--no-browser"]) == 2
    assert "serve: port must be an integer from 0 to 65535, not 70000" in capsys.readouterr().err


def test_browser_opens_the_page(monkeypatch, capsys):
    opened = threading.Event()
    monkeypatch.setattr("webbrowser.open", lambda address: opened.set())

    def interrupted(server):
        opened.wait(10)
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)  # not shown
        raise KeyboardInterrupt

    monkeypatch.setattr(PlaygroundServer, "serve_forever", interrupted)
    tl.playground.serve(port=0)
    assert opened.is_set()
    assert capsys.readouterr().out.startswith("The playground is at http://127.0.0.1:")
