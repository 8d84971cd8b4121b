"""As much of a terminal as the tests need: what is on its screen after everything that was written."""

import re
import unicodedata

SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")


class Screen:
    def __init__(self, columns=80, rows=24):
        self.columns, self.rows = columns, rows
        self.lines = [[]]  # of characters; what scrolled away stays
        self.row = self.column = 0
        self.cursor_shown = True

    def feed(self, text):
        """Text that ends in the middle of a sequence has to be fed together with the rest."""
        while text:
            match = SEQUENCE.match(text)
            if match:
                self.sequence(*match.groups())
                text = text[match.end() :]
            else:
                self.character(text[0])
                text = text[1:]

    def sequence(self, private, numbers, letter):
        n = int(numbers) if numbers.isdigit() else 0
        line = self.lines[self.row]
        if private and n == 25:
            self.cursor_shown = letter == "h"
        elif letter == "A":
            self.row = max(self.row - max(n, 1), 0, len(self.lines) - self.rows)
        elif letter == "K":
            del line[self.column :]
        elif letter == "J":
            del line[self.column :]
            del self.lines[self.row + 1 :]
        else:
            assert letter == "m", (private, numbers, letter)

    def character(self, c):
        if c == "\r":
            self.column = 0
        elif c == "\n":
            self.down()
        else:
            wide = unicodedata.east_asian_width(c) in "WF"
            if self.column + 1 + wide > self.columns:
                self.column = 0
                self.down()
            line = self.lines[self.row]
            line.extend(" " * (self.column - len(line)))
            line[self.column : self.column + 1 + wide] = [c, ""][: 1 + wide]
            self.column += 1 + wide

    def down(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append([])

    def text(self):
        return "\n".join("".join(line).rstrip() for line in self.lines)
