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
# Short words in a cell that the page breaks: their letters are on two lines.
CUT = """(() => {
	const cut = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const range = document.createRange();
	for (let node; (node = walk.nextNode());) {
		if (!node.parentElement.closest('td, th'))
			continue;
		for (const word of node.data.matchAll(/(?<![^ (])[A-Za-z0-9_]{2,14}(?![^ ,:.)])/g)) {
			range.setStart(node, word.index);
			range.setEnd(node, word.index + word[0].length);
			if (new Set(Array.from(range.getClientRects(), (box) => Math.round(box.top))).size > 1)
				cut.add(word[0]);
		}
	}
	return Array.from(cut).slice(0, 9);
})()"""


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
