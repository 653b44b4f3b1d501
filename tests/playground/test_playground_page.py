"""The page of the playground, in a real browser without a window."""

import re
import shutil
import threading
import time

import pytest

from tensorlab.playground.server import PlaygroundServer

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = pytest.mark.slow

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}

UNNAMED = """() => [...document.querySelectorAll("button, select, input")]
    .filter((e) => !(e.labels?.length || e.ariaLabel || e.textContent.trim()))
    .map((e) => e.outerHTML)"""

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

PIXEL = """([x, y]) => {
    const canvas = document.getElementById("plot");
    return [...canvas.getContext("2d").getImageData(x * canvas.width, y * canvas.height, 1, 1).data];
}"""


@pytest.fixture(scope="module")
def browser():
    """A browser, started once."""
    if PROGRAM is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def server():
    """A server that runs."""
    with PlaygroundServer(0) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


class Site:
    """Opens pages of a server, and keeps what they complain of."""

    def __init__(self, browser, server):
        self.browser, self.server, self.complaints = browser, server, []

    def open(self, hash="", size=WIDE, scheme="light"):
        """Return a page, when it shows an experiment."""
        page = self.browser.new_context(viewport=size, color_scheme=scheme).new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.goto(self.server.address + hash)
        expect(page.locator("#test-loss")).not_to_have_text("–")
        return page


@pytest.fixture
def site(browser, server):
    """The site, whose pages must have nothing to complain of."""
    found = Site(browser, server)
    yield found
    for context in browser.contexts:
        context.close()
    assert found.complaints == []


def number(page, name):
    return float(page.inner_text(name).replace(",", ""))


def wait_until(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_training(site, tmp_path):
    page = site.open()
    page.get_by_text("Gauss", exact=True).click()
    page.get_by_label("Add a hidden layer").click()
    page.get_by_label("Remove a unit from hidden layer 1").click()
    page.get_by_label("Feature x₁²").click()
    page.get_by_label("Optimizer").select_option("Adam")
    expect(page.locator("#layer-count")).to_have_text("3 hidden layers")
    expect(page).to_have_url(re.compile("dataset=gauss&.*features=x1,x2,x1_squared&layers=3,2,2&.*optimizer=adam"))
    assert page.locator("#links .line").count() == 3 * 3 + 3 * 2 + 2 * 2 + 2
    assert number(page, "#epoch") == 0

    page.get_by_label("Play").click()
    wait_until(lambda: number(page, "#test-loss") < 0.1)
    page.get_by_label("Pause").click()
    expect(page.get_by_label("Play")).to_be_visible()
    expect(page.locator("#status")).to_contain_text("test accuracy")
    below, above = (page.evaluate(PIXEL, place) for place in ([0.15, 0.85], [0.9, 0.1]))
    assert below[0] > below[2] + 50  # orange
    assert above[2] > above[0] + 50  # blue

    epoch = number(page, "#epoch")
    page.get_by_label("Step").click()
    expect(page.locator("#epoch")).to_have_text(str(int(epoch) + 1))
    picture = page.screenshot(path=tmp_path / "page.png")
    assert len(picture) > 50_000
    page.get_by_label("Reset").click()
    expect(page.locator("#epoch")).to_have_text("0")
    assert number(page, "#test-loss") > 0.1


def test_keys_and_names(site):
    page = site.open()
    page.get_by_label("Play").focus()
    page.keyboard.press("Space")
    wait_until(lambda: number(page, "#epoch") > 2)
    page.keyboard.press("Space")
    expect(page.get_by_label("Play")).to_be_focused()
    page.get_by_role("radio", name="Circle").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="XOR")).to_be_checked()
    expect(page.locator("#epoch")).to_have_text("0")
    page.get_by_label("Remove a unit from hidden layer 1").press("Enter")
    expect(page.get_by_label("Remove a unit from hidden layer 1")).to_be_focused()  # though the column is a new one
    assert page.evaluate(UNNAMED) == []


def test_live_settings_do_not_begin_anew(site):
    page = site.open()
    page.get_by_label("Step").click()
    expect(page.locator("#epoch")).to_have_text("1")
    page.get_by_label("Learning rate").select_option("0.1")
    expect(page).to_have_url(re.compile("learning_rate=0.1&"))
    page.get_by_role("combobox", name="Regularization", exact=True).select_option("L2")
    expect(page.get_by_label("Regularization rate")).to_have_value("0.003")
    page.get_by_label("Step").click()
    expect(page.locator("#epoch")).to_have_text("2")
    page.get_by_label("Noise").fill("0.25")
    expect(page.locator("#noise-value")).to_have_text("25%")
    expect(page.locator("#epoch")).to_have_text("0")
    page.get_by_label("Problem").select_option("Regression")
    expect(page.get_by_role("radio", name="Plane")).to_be_checked()
    expect(page.locator("#test-accuracy")).to_be_empty()


def test_changes_while_the_server_is_busy_are_not_lost(site, server):
    page = site.open()
    (session,) = server.sessions._sessions.values()
    with session.lock:
        page.get_by_label("Noise").fill("0.25")
        page.get_by_label("Feature x₁²").click()
        page.get_by_label("Activation").select_option("ReLU")
        page.get_by_label("Play").click()
        expect(page).to_have_url(re.compile("noise=0&"))
    expect(page).to_have_url(re.compile("noise=0.25&.*features=x1,x2,x1_squared&.*activation=relu"))
    wait_until(lambda: number(page, "#epoch") > 1)
    assert session.experiment.settings.noise == 0.25
    assert session.experiment.settings.features == ("x1", "x2", "x1_squared")


def test_weights_can_be_seen_and_edited(site):
    page = site.open("#layers=2&features=x1,x2")
    unit = page.locator("[data-key=unit-0-1]")
    unit.hover()
    expect(page.locator("#plot-caption")).to_contain_text("Hidden layer 1, unit 2, bias")
    unit.click()
    page.get_by_label("From x₂").fill("-2.5")
    page.get_by_role("spinbutton", name="Bias").fill("1.25")
    page.get_by_role("spinbutton", name="Bias").press("Enter")
    expect(unit).to_have_accessible_name("Hidden layer 1, unit 2, bias 1.250: edit")
    line = page.locator("#links .hit").nth(3).bounding_box()
    page.mouse.move(line["x"] + line["width"] / 2, line["y"] + line["height"] / 2)
    expect(page.locator("#tooltip")).to_have_text("Weight −2.500")
    page.locator("#links .hit").nth(5).click()
    expect(page.locator("#inspector-title")).to_have_text("Output")
    expect(page.get_by_label("From unit 2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#inspector")).to_be_hidden()


def test_addresses_can_be_shared(site):
    page = site.open("#problem=regression&dataset=waves&layers=&noise=0.1&learning_rate=0.02&seed=7")
    expect(page.get_by_role("radio", name="Waves")).to_be_checked()
    expect(page.locator("#layer-count")).to_have_text("0 hidden layers")
    expect(page.get_by_label("Learning rate")).to_have_value("0.02")
    expect(page).to_have_url(re.compile("noise=0.1&train_ratio=0.5&.*layers=&.*seed=7$"))
    other = site.open(page.url.partition("/#")[2] and "#" + page.url.partition("#")[2])
    assert other.inner_text("#test-loss") == page.inner_text("#test-loss")
    page.get_by_label("Discretize").check()
    page.get_by_label("Show test data").check()
    page.get_by_text("New seed").click()
    expect(page).not_to_have_url(re.compile("seed=7$"))


def test_errors_are_shown(site, server):
    page = site.open("#noise=7")
    text = page.locator("#message-text")
    expect(text).to_have_text("Settings: noise must be a number in [0, 0.5], not 7. These are the default settings.")
    page.get_by_text("Dismiss").click()
    expect(text).to_be_hidden()
    page.get_by_label("Step").click()
    expect(page.locator("#epoch")).to_have_text("1")
    server.sessions._sessions.clear()
    page.get_by_label("Step").click()
    expect(text).to_have_text(re.compile("was not used for a long time"))
    expect(page.locator("#epoch")).to_have_text("0")
    server.shutdown()
    server.socket.close()
    page.route("**/api/*", lambda route: route.abort())  # the connection that is open would still be answered
    page.get_by_label("Play").click()
    expect(text).to_have_text(re.compile("The server does not answer"))
    expect(page.get_by_label("Play")).to_be_visible()
    assert len(site.complaints) == 3
    assert all(complaint.startswith("Failed to load resource") for complaint in site.complaints)
    site.complaints.clear()


@pytest.mark.filterwarnings("ignore:(overflow|invalid value):RuntimeWarning")
def test_a_training_that_diverges_is_paused(site):
    page = site.open(
        "#problem=regression&dataset=waves&activation=linear&learning_rate=10&features=x1_squared,x2_squared"
    )
    page.get_by_label("Play").click()
    expect(page.locator("#message-text")).to_have_text(re.compile("not a finite number any more"))
    expect(page.get_by_label("Play")).to_be_visible()
    expect(page.locator("#train-loss")).to_have_text("–")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pages_fit(site, size, scheme):
    page = site.open("#layers=8,8,8,8,8,8&features=x1,x2,x1_squared,x2_squared,x1x2,sin_x1,sin_x2", size, scheme)
    assert page.evaluate(OVERFLOW) <= 0
    page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
    page.get_by_label("Step").click()
    expect(page.locator("#epoch")).to_have_text("1")
