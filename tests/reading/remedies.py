"""What a refusal advises, done to the letter: the texts and options to read instead."""
import re

GOOD = "K3P9X72HG8"
SERIAL = re.compile(r"(?<![0-9A-Z])(?=[A-Z]*[0-9])[0-9A-Z]{10,12}(?![0-9A-Z])")


def cells_of(line):
    d = next((c for c in ";\t|," if c in line), ",")
    return line.split(d), d


def with_cell(lines, n, column, cell):
    """The lines with another cell in line n, from 1."""
    cells, d = cells_of(lines[n - 1])
    cells += [""] * (column + 1 - len(cells))
    cells[column] = cell
    return [*lines[:n - 1], d.join(cells), *lines[n:]]


def column_of_serials(lines):
    return next(i for line in lines for i, cell in enumerate(cells_of(line)[0]) if SERIAL.fullmatch(cell.strip()))


def by_hand(text, message):
    """The texts that one gets by following each advice of the message."""
    lines = text.rstrip("\n").split("\n")
    said = lambda pattern: re.search(pattern, message)  # noqa: E731
    joined = lambda new: "\n".join(new) + "\n"  # noqa: E731
    at = said(r"\.csv:(\d+):")
    n = int(at.group(1)) if at else 0
    if m := said(r"line (\d+) has no serial in column (\d+): .*: correct that line"):
        yield joined(with_cell(lines, int(m.group(1)), int(m.group(2)) - 1, GOOD))
    if m := said(r"if line (\d+) is a device, correct its serial"):
        yield joined(with_cell(lines, int(m.group(1)), column_of_serials(lines), GOOD))
    if m := said(r"if it is a header, write 'serial' over|on line (\d+) of that file write 'serial' over"):
        new = with_cell(lines, int(m.group(1) or n), column_of_serials(lines[n:]), "serial")
        yield joined(new)
    if said("give the rows? all (?:their|its) delimiters"):
        widest = max(len(cells_of(line)[0]) for line in lines)
        yield joined(line + cells_of(lines[0])[1] * (widest - len(cells_of(line)[0])) for line in lines)
    if m := said(r"column (\d+) holds no serial: write the serials of the devices into it"):
        for i in range(2, len(lines) + 1):
            cells, d = cells_of(lines[i - 1])
            lines[i - 1] = d.join(cells + [""] * (int(m.group(1)) - len(cells)))
            lines = with_cell(lines, i, int(m.group(1)) - 1, GOOD[:-1] + str(i))
        yield joined(lines)
    if said("write a line of headers above the devices"):
        c = column_of_serials(lines)
        names = ["serial" if i == c else f"other {i}" for i in range(max(len(cells_of(line)[0]) for line in lines))]
        yield joined([cells_of(lines[-1])[1].join(names), *lines])
    if m := said(r"column (\d+) has more in its cells than a serial"):
        c = int(m.group(1)) - 1
        yield joined(with_serials_alone(lines, c))
    if m := said(r"such as '(.*?)', which seems to be '(.*?)': leave nothing but the serials in that list"):
        begin, _, end = m.group(1).partition(m.group(2))
        yield re.sub(rf"\b{begin}(\w{{10,12}}){end}\b", r"\1", text)
    if said("put the device into a line of its own below the header"):
        yield joined([*lines[:n - 1], *lines[n:], with_cell(lines, len(lines), column_of_serials(lines[n:]), GOOD)[-1]])
    if said("if the serial is whole, end its line"):
        yield text + "\n"
    if m := said(r"line (\d+) has no serial in column \d+: .*: make two files of it, one from that line on, or take it out"):
        yield joined(lines[:int(m.group(1)) - 1] + lines[int(m.group(1)):])
        yield joined(lines[:int(m.group(1)) - 1])
        yield joined(lines[int(m.group(1)) - 1:])
    if said("make two files of it, one from this line on"):
        yield joined(lines[:n - 1])
        yield joined(lines[n - 1:])
    if said("or leave one row of it"):
        yield joined([line for i, line in enumerate(lines) if i == n - 1 or not SERIAL.search(line)])
    if said("take the quote out, or close it where its cell ends"):
        yield text.replace('"', "")
    if m := said(r"'([^']*)' could be a serial, and is not read as one.*take it out of"):
        yield joined(line.replace(m.group(1), "") if i == n - 1 else line for i, line in enumerate(lines))
    if m := said(r"column (\d+) holds serials, too, but .* correct this line"):
        yield joined(with_cell(lines, n, int(m.group(1)) - 1, GOOD))
    elif m := said(r":\d+: '(\w+)' (?:has|is|begins|looks)\b[^:]*: correct this line"):
        yield joined(line.replace(m.group(1), GOOD) if i == n - 1 else line for i, line in enumerate(lines))
    elif said(r"correct this line"):
        yield joined(with_cell(lines, n, column_of_serials(lines), GOOD))


def with_serials_alone(lines, column):
    for line in lines:
        cells, d = cells_of(line)
        if column < len(cells):
            found = SERIAL.search(cells[column])
            cells[column] = found.group(0) if found else ""
        yield d.join(cells)
