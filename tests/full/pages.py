#!/usr/bin/python3
"""Every page as people open it: light and dark, on a desk and on a telephone. Says what does not hold.

	pages.py AXE.JS FOLDER PAGE...     FOLDER: where pictures go

AXE.JS is axe-core's, which knows the rules of accessibility. Needs what browser.py needs.
"""
import pathlib
import sys

from browser import Browser

WIDTHS = (1280, 375)
AXE = """axe.run().then((found) => found.violations.map((v) =>
	v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 100)).join(' ')))"""
# Single words of headings and names that the page breaks: their boxes are higher than a line and a half.
CUT = """Array.from(document.querySelectorAll('thead th, td code, th code')).filter((e) => /^[A-Za-z0-9_.]{1,14}$/.test(
	e.textContent) && e.getClientRects().length && e.offsetHeight > 3.2 * parseFloat(getComputedStyle(e).fontSize))
	.map((e) => e.textContent)"""


def look(browser, axe, path, folder, width, scheme):
    name = f"{path.stem} {scheme} {width}"
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                 deviceScaleFactor=1, mobile=False)
    browser.call("Emulation.setEmulatedMedia", media="screen",
                 features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(path)
    browser.value(axe)
    found = browser.call("Runtime.evaluate", expression=AXE, returnByValue=True, awaitPromise=True)
    for violation in found["result"]["value"]:
        yield f"{name}: {violation}"
    if browser.value("document.documentElement.scrollWidth > innerWidth"):
        yield f"{name}: the page is wider than its window"
    for word in browser.value(CUT):
        yield f"{name}: {word} is cut"
    browser.picture(folder / f"{name.replace(' ', '-')}.png")


def main():
    axe, folder = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"), pathlib.Path(sys.argv[2])
    found = []
    browser = Browser()
    try:
        browser.call("Page.enable")
        browser.call("Page.setBypassCSP", enabled=True)
        for page in map(pathlib.Path, sys.argv[3:]):
            for width in WIDTHS:
                for scheme in ("light", "dark"):
                    found += look(browser, axe + ";0", page.resolve(), folder, width, scheme)
    finally:
        browser.close()
    print("\n".join(found), end="")


if __name__ == "__main__":
    main()
