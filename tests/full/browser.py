#!/usr/bin/python3
"""Opens an HTML report in headless Chromium and tells what does not hold. Says nothing when all is well.

	browser.py PAGE CSV [FOLDER]     FOLDER: where pictures go: light, dark, print, and the table

Needs chromium and python3-websocket.
"""
import base64
import collections
import csv
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import websocket

csv.field_size_limit(1 << 24)
WIDTH, HEIGHT = 1280, 1600


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp()
        self.process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--hide-scrollbars", "--remote-debugging-port=0", "--remote-allow-origins=*",
             f"--user-data-dir={self.folder}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = websocket.create_connection(self.find_page(), timeout=120)
        self.n, self.events = 0, []

    def find_page(self):
        port_file = pathlib.Path(self.folder, "DevToolsActivePort")
        for _ in range(600):
            if port_file.exists() and port_file.read_text().strip():
                port = port_file.read_text().split()[0]
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as reply:
                    pages = [p for p in json.load(reply) if p["type"] == "page"]
                if pages:
                    return pages[0]["webSocketDebuggerUrl"]
            time.sleep(0.1)
        raise RuntimeError("chromium did not start")

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def receive(self):
        message = json.loads(self.socket.recv())
        if "method" in message:
            self.events.append(message)
        return message

    def call(self, method, **params):
        self.n += 1
        self.socket.send(json.dumps({"id": self.n, "method": method, "params": params}))
        while True:
            message = self.receive()
            if message.get("id") == self.n:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def open(self, path):
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not any(e["method"] == "Page.loadEventFired" for e in self.events):
            self.receive()

    def value(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def picture(self, path, whole=True):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": WIDTH, "scale": 1,
                "height": min(size["height"], 5000) if whole else HEIGHT}
        shot = self.call("Page.captureScreenshot", format="png", clip=clip,
                         captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))


# What the table shows: the cells of a column, of the rows that are not hidden.
CELLS = """Array.from(document.getElementById('table').tBodies[0].rows).filter((r) => !r.hidden)
	.map((r) => r.cells[%d].textContent)"""
TOTALS = """Object.fromEntries(Array.from(document.querySelectorAll('[data-outcome]'))
	.map((e) => [e.dataset.outcome, Number(e.textContent.replaceAll(',', ''))]))"""
SERIAL, OUTCOME = 1, 3
WISH = "(() => { const e = document.getElementById('%s'); e.value = %r; e.dispatchEvent(new Event('input')); })()"


def complaints(browser, path):
    """Of the page since it was opened: errors, policy violations, requests."""
    for event in browser.events:
        params = event["params"]
        if event["method"] == "Runtime.exceptionThrown":
            yield f"exception: {params['exceptionDetails']['text']}"
        elif event["method"] == "Runtime.consoleAPICalled":
            yield f"console: {params['args']}"
        elif event["method"] == "Log.entryAdded":
            yield f"log: {params['entry']['text']}"
        elif event["method"] == "Network.requestWillBeSent" and \
                params["request"]["url"] != path.as_uri():
            yield f"request: {params['request']['url']}"
        elif event["method"] == "Page.javascriptDialogOpening":
            yield f"dialog: {params['message']}"


def sorts(browser, column, name):
    before = browser.value(CELLS % column)
    click = f"document.querySelectorAll('#table th button')[{column}].click()"
    browser.value(click)
    up = browser.value(CELLS % column)
    browser.value(click)
    down = browser.value(CELLS % column)
    if sorted(up) != sorted(before) or down != up[::-1]:
        yield f"{name}: rows get lost by sorting"
    plain = [c for c in up if c.isascii() and c.isalpha()]
    if plain != sorted(plain):
        yield f"{name}: not sorted"
    if browser.value(f"document.querySelectorAll('#table th')[{column}].ariaSort") != "descending":
        yield f"{name}: does not say how it is sorted"


def filters(browser):
    all_rows = browser.value(CELLS % OUTCOME)
    serial = next(s for s in browser.value(CELLS % SERIAL) if s)
    for outcome in sorted(set(all_rows)):
        browser.value(WISH % ("outcome", outcome))
        if browser.value(CELLS % OUTCOME) != [o for o in all_rows if o == outcome]:
            yield f"outcome {outcome}: the filter shows others"
    browser.value(WISH % ("outcome", ""))
    browser.value(WISH % ("find", serial.lower()))
    if serial not in browser.value(CELLS % SERIAL) or len(browser.value(CELLS % SERIAL)) > 2:
        yield f"{serial}: not found"
    count = browser.value("document.getElementById('shown').textContent")
    if not count.endswith(f"of {len(all_rows)} rows"):
        yield f"the count says {count}"
    browser.value(WISH % ("find", ""))
    if browser.value(CELLS % OUTCOME) != all_rows:
        yield "the filter does not go away"


def check(browser, path, csv_path):
    with open(csv_path, newline="", encoding="utf-8") as file:
        want = collections.Counter(row["depmend_outcome"] for row in csv.DictReader(file))
    if browser.value(TOTALS) != dict(want):
        yield f"totals: {browser.value(TOTALS)}, not {dict(want)}"
    if browser.value("document.scripts.length") != 1:
        yield "there is another script element"
    if browser.value("document.getElementById('controls').hidden"):
        yield "the script did not run"
    yield from sorts(browser, SERIAL, "serial")
    yield from sorts(browser, OUTCOME, "outcome")
    yield from filters(browser)
    if browser.value("document.documentElement.scrollWidth > innerWidth"):
        yield "the page is wider than its window"
    yield from complaints(browser, path)


def check_without_script(browser, path, csv_path):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(path)
    rows = browser.value("document.getElementById('table').tBodies[0].rows.length")
    with open(csv_path, newline="", encoding="utf-8") as file:
        want = min(5000, sum(1 for _ in csv.reader(file)) - 1)
    if rows != want:
        yield f"without script: {rows} rows, not {want}"
    if not browser.value("document.getElementById('controls').hidden"):
        yield "without script: controls that do nothing"
    yield from complaints(browser, path)
    browser.call("Emulation.setScriptExecutionDisabled", value=False)


def pictures(browser, path, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, media, scheme in (("light", "screen", "light"), ("dark", "screen", "dark"),
                                ("print", "print", "dark")):
        browser.call("Emulation.setEmulatedMedia", media=media,
                     features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.open(path)
        browser.picture(folder / f"{name}.png")
    pdf = browser.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
    (folder / "print.pdf").write_bytes(base64.b64decode(pdf["data"]))
    browser.call("Emulation.setEmulatedMedia", media="screen",
                 features=[{"name": "prefers-color-scheme", "value": "light"}])
    browser.open(path)
    browser.value("document.getElementById('rows').scrollIntoView()")
    shot = browser.call("Page.captureScreenshot", format="png")
    (folder / "table.png").write_bytes(base64.b64decode(shot["data"]))


def main():
    path, csv_path = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    browser = Browser()
    try:
        for domain in ("Page", "Runtime", "Log", "Network"):
            browser.call(f"{domain}.enable")
        browser.call("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT,
                     deviceScaleFactor=1, mobile=False)
        browser.open(path)
        found = list(check(browser, path, csv_path))
        found += check_without_script(browser, path, csv_path)
        if len(sys.argv) > 3:
            pictures(browser, path, pathlib.Path(sys.argv[3]))
    finally:
        browser.close()
    print("\n".join(line[:600] for line in found[:10]), end="")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
