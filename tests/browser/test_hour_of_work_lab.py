"""An hour of a researcher's work in JupyterLab by keyboard alone: import, code sixty quotes, undo, resize, merge, adjudicate; then the database is read anew.

What must be in it is worked out here, by a plain model of what each key means, from the words of the texts and never from what the widgets show. One text is a real
interview where the real data is (else one of the sample study), so its quotes are chosen by a rule; the other is written for what is hard: emoji of several code
points, combining marks, Indic vowels, right-to-left words with numbers. There, places are given as literal numbers of code points.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from .widget_pages import run_notebook

ROOT = Path(__file__).resolve().parent.parent.parent
CODES = {"Waiting": "pain", "No change given": "pain", "Pays twice": "pain", "Closed": "pain", "Shut": "pain", "Walks instead": "behaviour", "Helped by staff": "gain",
         "Family trip": "context", "Ticket machine": "touchpoint", "Arriving": "stage", "Paying": "stage", "Leaving": "stage"}
STAGES = ("Arriving", "Paying", "Leaving")

# -- The text that is hard ----------------------------------------------------------------------------------------------------
FAMILY, CHAIR = "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466", "\U0001F469\U0001F3FD\u200D\U0001F9BD"  # people joined into one picture
FRANCE, GERMANY, THUMB = "\U0001F1EB\U0001F1F7", "\U0001F1E9\U0001F1EA", "\U0001F44D\U0001F3FD"                    # flags are two letters, a skin tone follows
CAFE, SENORA, VOILA = "cafe\u0301", "Sen\u0303ora Nguye\u0302\u0303n", "voila\u0300"                                # accents that stand after their letter
WATER, TICKET_HI, NO_WATER = "पानी", "टिकट की मशीन बंद थी।", "நீர் இல்லை"
PAID_HE, SHUT_HE, WALKED_HE = "שילמתי 12.50 ש״ח על 2 כרטיסים.", "המכונה לא נתנה עודף.", f"הלכתי 3 ק״מ ברגל {CHAIR}."
BROKEN_AR = "م\u064Fع\u064Eط\u0651\u064Eلة"
SIGNS = [("Interviewer", "How did you get here?"),
         ("Noa", f"We came as a family {FAMILY} on the ferry. The ticket machine spoke French {FRANCE} and German {GERMANY} only. I paid twice {THUMB} and waited."),
         ("Interviewer", "And then?"),
         ("Noa", f"The {CAFE} was shut. {SENORA} said {VOILA}, no change. It ate my coin \U0001F624 and the ticket."),
         ("Asha", f"मुझे {WATER} चाहिए था। {TICKET_HI} {NO_WATER}."),
         ("Yael", f"{PAID_HE} {SHUT_HE} {WALKED_HE}"),
         ("Karim", f"دفعت ١٥ ريالا و 3.5 يورو. الآلة\u064F {BROKEN_AR}. قال: Try again 2 times، ثم ابتسم."),
         ("Noa", "She said שלום 3 times and I said مرحبا back. The ticket was free.")]
# Found by typing, then keys; begin and end in code points; the words; how they are coded. In a right-to-left turn, left is forward.
SIGNS_WORK: list[tuple[str, str, int, int, str, tuple]] = [
    (FAMILY, "ArrowLeft Shift+ArrowRight", 61, 68, FAMILY, ("code", "fmltr", "Family trip")),
    ("French", "Shift+ArrowRight Shift+ArrowRight", 108, 117, f"French {FRANCE}", ("code", "tcktm", "Ticket machine")),
    (f"twice {THUMB}", "", 145, 153, f"twice {THUMB}", ("stay", ("pays", "Pays twice"), ("wait", "Waiting"))),
    ("spoke", "s", 83, 137, f"The ticket machine spoke French {FRANCE} and German {GERMANY} only.", ("press", "Shift+2")),
    ("We came", "ArrowLeft" + " Control+Shift+ArrowRight" * 6, 41, 68, f"We came as a family {FAMILY}", ("press", ".")),
    ("was shut", "ArrowLeft Control+Shift+ArrowLeft", 200, 205, CAFE, ("several", ("shut", "Shut"), ("closed", "Closed"))),
    (SENORA.split()[0], "w", 216, 232, SENORA, ("code", "hlpst", "Helped by staff")),
    ("voila", "ArrowLeft" + " Shift+ArrowRight" * 5, 238, 244, VOILA, ("press", "q")),
    ("It ate", "t", 196, 289, SIGNS[3][1], ("press", "Shift+1")),
    (WATER, "ArrowLeft Shift+ArrowRight Shift+ArrowRight", 302, 306, WATER, ("press", "3")),
    (TICKET_HI.split()[0], "s", 317, 337, TICKET_HI, ("code", "machine", "Ticket machine")),
    (NO_WATER.split()[0], "Control+Shift+ArrowRight", 338, 348, NO_WATER, ("press", ".")),
    ("12.50", "Control+Shift+ArrowLeft", 364, 373, "12.50 ש״ח", ("code", "twice", "Pays twice")),
    (SHUT_HE.split()[0], "s", 388, 408, SHUT_HE, ("code", "nchg", "No change given")),
    (WALKED_HE.split()[0], "ArrowRight Control+Shift+ArrowLeft Control+Shift+ArrowLeft", 409, 416, "הלכתי 3", ("code", "walks", "Walks instead")),
    ("ברגל", "t", 357, 431, SIGNS[5][1], ("press", "Shift+3")),
    (BROKEN_AR[:2], "ArrowRight Shift+ArrowLeft Shift+ArrowLeft", 473, 477, BROKEN_AR[:4], ("code", "clsd", "Closed")),
    ("١٥", "w", 445, 453, "١٥ ريالا", ("press", "3")),
    ("Try again", "Control+Shift+ArrowLeft", 489, 500, "Try again 2", ("press", "5")),
    ("שלום", "Control+Shift+ArrowRight", 533, 539, "שלום 3", ("press", "q")),
    ("مرحبا back", "", 557, 567, "مرحبا back", ("vivo", "attitude")),
    # By lines: these stand at the begin of one, so that the line above or below begins where its turn does, however wide the page is.
    ("How did", "ArrowLeft Shift+ArrowDown", 13, 34, "How did you get here?", ("code", "fmltr", "Family trip")),
    ("We came", "ArrowLeft Shift+ArrowUp", 13, 34, "How did you get here?", ("code", "clsd", "Closed")),
    ("get here?", "Shift+Home", 13, 24, "How did you", ("code", "hlpst", "Helped by staff")),
    ("How did", "ArrowLeft Shift+End", 13, 34, "How did you get here?", ("press", "Shift+1")),
    ("And then?", "ArrowLeft Shift+ArrowUp Shift+ArrowDown Shift+End", 180, 189, "And then?", ("press", "q")),
]
# What the second coder puts there: three alike, five on other words, four under another code, two alone.
SECOND_CODER = [(61, 68, "Family trip"), (216, 232, "Helped by staff"), (388, 408, "No change given"),
                (108, 117, "Ticket machine"), (233, 250, "Waiting"), (364, 373, "Pays twice"), (409, 420, "Walks instead"), (473, 482, "Closed"),
                (302, 306, "Closed"), (317, 337, "No change given"), (489, 500, "Waiting"), (533, 539, "Pays twice"),
                (102, 107, "Walks instead"), (584, 588, "Helped by staff")]
RESIZED = [  # found by, the code there, keys, the new begin and end
    (SENORA.split()[0], "Helped by staff", "ArrowRight Shift+ArrowRight Escape", 216, 232),
    ("voila", "Waiting", "Tab Control+ArrowLeft Enter", 233, 244),
    ("French", "Ticket machine", "ArrowLeft ArrowLeft Enter", 108, 114),
    (BROKEN_AR[:2], "Closed", "ArrowLeft Enter", 473, 480),
    ("12.50", "Pays twice", "Tab Control+ArrowRight Enter", 357, 373),
]

# The real text: where ("here" = the begin of a sentence that the rule chose, "two" = one with another after it, "uncoded" = the next turn without a coding,
# "again" = what is selected, "third" = the third hit of letters that occur often), then keys, then how it is coded.
MORNING: list[tuple[str, str, tuple]] = [
    ("here", "w", ("code", "wtng", "Waiting")),
    ("here", "w w", ("code", "pystw", "Pays twice")),
    ("here", "w w w", ("press", ".")),
    ("here", "Control+Shift+ArrowRight Control+Shift+ArrowRight", ("press", "2")),
    ("here", "Control+ArrowRight Control+Shift+ArrowRight Control+Shift+ArrowRight", ("code", "hlpst", "Helped by staff")),
    ("here", "s", ("press", "3")),
    ("here", "ArrowDown ArrowUp s", ("press", "q")),
    ("two", "s s", ("press", "Shift+1")),
    ("two", "w s s", ("press", "Shift+2")),
    ("here", "t", ("press", "Shift+3")),
    ("here", "Shift+ArrowRight Shift+ArrowRight Shift+ArrowRight Shift+ArrowRight Shift+ArrowLeft", ("press", "q")),
    ("here", "Control+ArrowRight Control+ArrowRight Control+ArrowRight Control+Shift+ArrowLeft Control+Shift+ArrowLeft", ("give", "z", "walks", "Walks instead")),
    ("here", "Control+Shift+ArrowDown Shift+ArrowLeft", ("press", "z")),
    ("here", "w w", ("vivo", "need")),
    ("here", "s", ("new", "Queue etiquette", "attitude")),
    ("here", "s", ("stay", ("closd", "Closed"), ("famil", "Family trip"), ("ngiven", "No change given"))),
    ("here", "w", ("several", ("wait", "Waiting"), ("mach", "Ticket machine"))),
    ("here", "Control+Shift+ArrowRight", ("press", ".")),
    ("again", "", ("press", "2")),
    ("uncoded", "t", ("press", "1")),
    ("uncoded", "t", ("press", "4")),
    ("uncoded", "t", ("press", "Shift+2")),
]
AFTERNOON: list[tuple[str, str, tuple]] = [
    ("here", "s", ("code", "", "")),  # nothing typed: the latest code comes first, also after a change of source
    ("here", "w", ("press", "1")),
    ("here", "w w", ("press", "6")),
    ("uncoded", "t", ("press", "Shift+1")),
    ("here", "s", ("new", "Ferry is late", "pain")),
    ("here", "w w w", ("press", ".")),
    ("two", "s s", ("several", ("shut", "Shut"), ("queue", "Queue etiquette"))),
    ("here", "Control+Shift+ArrowRight", ("code", "shut", "Shut")),
    ("here", "s", ("stay", ("pays", "Pays twice"), ("late", "Ferry is late"))),
    ("uncoded", "t", ("press", "z")),
    ("here", "w", ("press", "q")),
    ("again", "", ("press", "3")),
    ("third", "", ("press", "z")),
    ("here", "w w", ("vivo", "goal")),
    ("here", "t", ("press", "Shift+3")),
    ("here", "Control+ArrowRight w w", ("press", "4")),
    ("uncoded", "t", ("press", "2")),
    ("here", "s", ("press", "1")),
]


# -- The model ----------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Mark:
    "A coding: a code on words of a source."
    source: str
    start: int
    end: int
    code: str
    coder: str = "MB"
    origin: str = "manual"


CLEAN = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*(?:[,.?!]? [A-Za-z]+(?:['’-][A-Za-z]+)*)*[.?!]")  # words and stops of which nobody doubts what they are
TOKEN = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*|[-,.?!]")
STOP = re.compile(r"(?<=[.?!]) ")


class Paper:
    "What one coder's keys must come to. Knows the texts and the rules, and nothing of the widget."
    def __init__(self, texts: dict[str, str]):
        self.texts, self.marks, self.codes, self.memos = texts, {}, dict(CODES), []  # marks by a number that grows, as a coding keeps what it is through changes
        self.turns = {name: list(self.paragraphs(text)) for name, text in texts.items()}
        self.done: list[tuple] = []
        self.undone: list[tuple] = []
        self.recent: list[str] = []
        self.own = {"q": "Waiting"}
        self.made = 0
        self.only: Callable[[Mark], bool] = lambda m: True
        self.open(next(iter(texts)))

    @staticmethod
    def paragraphs(text: str) -> Iterator[tuple[int, int, bool]]:
        "Each paragraph is a turn: begin and end of its words, and whether a participant speaks."
        for found in re.finditer(r"([^:\n]+): (.+)", text): yield found.start(2), found.start(2) + len(found[2].rstrip()), not found[1].startswith("Interviewer")

    def open(self, source: str) -> None:
        self.source, self.active = source, None
        self.anchor = self.focus = self.turns[source][0][0]

    def step(self) -> None:
        "All that is changed from here on is one step."
        self.done.append((self.marks.copy(), self.codes.copy(), list(self.memos)))
        self.undone.clear()

    def take_back(self, old: list[tuple], new: list[tuple]) -> None:
        new.append((self.marks, self.codes, self.memos))
        self.marks, self.codes, self.memos = old.pop()
        self.forget()

    def forget(self) -> None:
        "What is gone can be neither chosen nor repeated."
        self.recent = [c for c in self.recent if c in self.codes]
        if self.active not in self.marks: self.active = None

    def add(self, mark: Mark) -> None:
        "Put a coding there, once."
        if mark in self.marks.values(): return
        self.made += 1
        self.marks[self.made] = mark

    def use(self, code: str) -> None:
        self.recent = [code, *(c for c in self.recent if c != code)][:9]

    def put(self, *codes: str) -> None:
        "Code the selection, in one step."
        text, start, end = self.texts[self.source], min(self.anchor, self.focus), max(self.anchor, self.focus)
        end -= len(text[start:end]) - len(text[start:end].rstrip())
        start += len(text[start:end]) - len(text[start:end].lstrip())
        fresh = [c for c in codes if Mark(self.source, start, end, c) not in self.marks.values()]
        assert start < end and fresh, "nothing to code: the script is wrong"
        self.step()
        for c in fresh: self.add(Mark(self.source, start, end, c))
        for c in fresh: self.use(c)

    def new_code(self, name: str, facet: str) -> None:
        self.step()
        self.codes[name] = facet

    def turn(self) -> tuple[int, int]:
        return max((t[:2] for t in self.turns[self.source] if t[0] <= self.focus), default=self.turns[self.source][0][:2])

    def units(self, kind: str) -> list[tuple[int, int]]:
        "The words or sentences of the turn at hand, which must be one that leaves no doubt."
        low, high = self.turn()
        words = self.texts[self.source][low:high]
        assert CLEAN.fullmatch(words), "only literal numbers can say where words begin here"
        if kind == "w": return [(low + t.start(), low + t.end()) for t in TOKEN.finditer(words)]
        cuts = [low, *(low + s.end() for s in STOP.finditer(words)), high + 1]
        return [(a, b - 1) for a, b in zip(cuts, cuts[1:])]

    def spoken(self) -> list[tuple[int, int]]: return [u for u in self.units("w") if self.texts[self.source][u[0]].isalpha()]  # a comma is no word

    def take(self, kind: str) -> None:
        "One key takes the word, sentence or turn at the caret; once more, the next one too."
        low, high = sorted((self.anchor, self.focus))
        at, units = (self.focus if low == high else high - 1), [self.turn()] if kind == "t" else self.spoken() if kind == "w" else self.units(kind)
        touched = [u for u in units if u[0] <= at < u[1] + (low == high)]  # at the end of a word and before a comma, the word is meant
        start, end = max(touched, key=lambda u: self.texts[self.source][u[0]].isalpha()) if touched else next(u for u in units if u[0] >= at)
        if kind != "t" and low < high and low <= start and end <= high: start, end = next(u for u in units if u[0] >= high)
        self.anchor, self.focus = (min(low, start) if low < high else start), end

    def next_end(self) -> int | None:
        "Where the word after the coding ends, in a turn that leaves no doubt."
        return next((b for _, b in self.spoken() if b > self.marks[self.active].end), None) if CLEAN.fullmatch(self.texts[self.source], *self.turn()) else None

    def move(self, key: str) -> None:
        "Arrows: by character, with Control by word, with Shift the other end stays."
        low, high = sorted((self.anchor, self.focus))
        right = key.endswith("Right")
        if key.endswith("Down"): self.focus = self.turn()[1]
        elif "Control" in key: self.focus = min(b for _, b in self.spoken() if b > self.focus) if right else max(a for a, _ in self.spoken() if a < self.focus)
        elif low < high and "Shift" not in key: self.focus = high if right else low
        else: self.focus += 1 if right else -1
        if "Shift" not in key: self.anchor = self.focus

    def listed(self) -> list[int]:
        "The codings of the source, in the order of the text."
        return sorted((i for i, m in self.marks.items() if m.source == self.source and self.only(m)), key=lambda i: (self.marks[i].start, self.marks[i].end, i))

    def jump(self, way: int) -> None:
        listed = self.listed()
        after = sum(self.marks[i].start < self.focus for i in listed)
        at = listed.index(self.active) + way if self.active in listed else after - (way < 0)
        self.go(listed[at % len(listed)])

    def go(self, mark: int) -> None:
        self.active = mark
        self.anchor = self.focus = self.marks[mark].start

    def overlap(self) -> None:
        here = [i for i in self.listed() if self.marks[i].start <= self.focus < self.marks[i].end]
        here.sort(key=lambda i: self.marks[i].end - self.marks[i].start)
        self.active = here[(here.index(self.active) + 1 if self.active in here else 0) % len(here)]

    def uncoded(self) -> None:
        turns, here = self.turns[self.source], [m for m in self.marks.values() if m.source == self.source]
        at = max((i for i, t in enumerate(turns) if t[0] <= self.focus), default=0)
        order = [turns[(at + k) % len(turns)] for k in range(1, len(turns) + 1)]
        self.active = None
        self.anchor = self.focus = next(a for a, b, says in order if says and not any(m.start < b and m.end > a for m in here))

    def change(self, **to: Any) -> None:
        self.step()
        self.marks[self.active] = replace(self.marks[self.active], **to)

    def merge(self, name: str, into: str) -> None:
        "One code ends, and its codings go to another; what would stand there twice falls together."
        self.step()
        for i, m in list(self.marks.items()):
            if m.code == name and self.marks.pop(i) and replace(m, code=into) not in self.marks.values(): self.marks[i] = replace(m, code=into)
        del self.codes[name]
        self.forget()

    def delete(self) -> None:
        self.step()
        del self.marks[self.active]
        self.forget()

    def key(self, key: str) -> None:
        "Follow a key; a coding that the caret has left is chosen no longer."
        self.meant(key)
        low, high = sorted((self.anchor, self.focus))
        if self.active and not self.marks[self.active].start <= low <= high <= self.marks[self.active].end: self.active = None

    def meant(self, key: str) -> None:
        "What a key means in the text."
        if "Arrow" in key: self.move(key)
        elif key in ("w", "s", "t"): self.take(key)
        elif key in ("n", "b"): self.jump(1 if key == "n" else -1)
        elif key == "o": self.overlap()
        elif key == "u": self.uncoded()
        elif key == "c": self.anchor, self.active = self.focus, None
        elif key == "Delete": self.delete()
        elif key == "Control+z": self.take_back(self.done, self.undone)
        elif key == "Control+Shift+z": self.take_back(self.undone, self.done)
        elif key == "Control+Home": self.anchor = self.focus = self.turns[self.source][0][0]
        elif key.startswith("Shift+"): self.put(STAGES[int(key[-1]) - 1])
        else: self.put(self.recent[0] if key == "." else self.own.get(key) or self.recent[int(key) - 1])


# -- The hands ----------------------------------------------------------------------------------------------------------------
class Desk:
    "Presses the keys, and tells the paper. Waits for states, never for time."
    def __init__(self, lab, paper: Paper, chance: random.Random):
        self.page, self.paper, self.chance = lab.page, paper, chance
        self.view = "document.querySelector('.pb-cw').parentElement.pbView"
        self.places = self.sentences()

    def sentences(self) -> list[tuple[int, bool, str]]:
        "Sentences of participants that leave no doubt: where each begins, whether another follows, and words that occur only there; in an order of chance."
        text, found = self.paper.texts[self.paper.source], []
        lower = text.lower()
        for start, end, says in self.paper.turns[self.paper.source]:
            if not says or not CLEAN.fullmatch(text, start, end): continue
            self.paper.focus = start
            sentences = self.paper.units("s")
            for i, (a, b) in enumerate(sentences):
                words = [t for t in self.paper.units("w") if a <= t[0] < b]
                unique = next((text[a:t[1]] for t in words if t[1] - a > 6 and lower.count(lower[a:t[1]]) == 1), None)
                if unique and len(words) > 5: found.append((a, i + 1 < len(sentences), unique))
        self.paper.open(self.paper.source)
        self.chance.shuffle(found)
        return found

    def often(self) -> str:
        "Four letters that occur often, and in what people say only."
        text, turns = self.paper.texts[self.paper.source].lower(), self.paper.turns[self.paper.source]
        said = "".join(text[a:b] for a, b, _ in turns)
        return next(w for w in sorted(set(re.findall(r"\b[a-z]{4}\b", said))) if 3 < text.count(w) == sum(text.count(w, a, b) for a, b, _ in turns))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            if key not in ("ArrowUp", "ArrowDown"): self.paper.key(key)  # down and up again leave the caret where it was

    def only_press(self, *keys: str) -> None:
        for key in keys: self.page.keyboard.press(key)

    def saved(self) -> None:
        "Wait until Python has acknowledged everything."
        self.page.wait_for_function(f"{self.view}.link.outbox.size === 0 && !{self.view}.doc.list.some(c => c.pending)", timeout=20_000)

    def find(self, words: str, *, hit: int = 0) -> None:
        "Find words and select them: the first hit from the caret on, or as many later."
        text, lo = self.paper.texts[self.paper.source].lower(), self.paper.focus
        hits = [m.start() for m in re.finditer(re.escape(words.lower()), text)]
        start = hits[(sum(h < lo for h in hits) + hit) % len(hits)]
        self.only_press("/")
        self.page.keyboard.type(words)
        self.only_press("Enter", *["Enter"] * hit, "Escape")
        self.paper.anchor, self.paper.focus = start, start + len(words)

    def code(self, query: str, code: str) -> None:
        self.only_press("Enter")
        self.page.keyboard.type(query)
        self.only_press("Enter")
        self.paper.put(code or self.paper.recent[0])

    def stay(self, *picks: tuple[str, str]) -> None:
        self.only_press("Enter")
        for query, code in picks:
            self.page.keyboard.type(query)
            self.only_press("Shift+Enter")
            self.paper.put(code)
        self.only_press("Escape")

    def several(self, *picks: tuple[str, str]) -> None:
        self.only_press("Enter")
        for query, _ in picks:
            self.only_press("Control+a")
            self.page.keyboard.type(query)
            self.only_press("Tab")
        self.only_press("Enter")
        self.paper.put(*(code for _, code in picks))

    def new(self, name: str, facet: str, key: str = "Enter") -> None:
        self.only_press(key)
        if key == "Enter": self.page.keyboard.type(name)
        self.only_press("ArrowUp", "Enter")  # up from the first is the last: the new code
        self.page.keyboard.type(facet)
        self.only_press("Enter")
        self.paper.new_code(name, facet)
        self.paper.put(name)

    def vivo(self, facet: str) -> None:
        low, high = sorted((self.paper.anchor, self.paper.focus))
        self.new(self.paper.texts[self.paper.source][low:high], facet, key="i")

    def give(self, key: str, query: str, code: str) -> None:
        "Give a code a key, after one that is refused; then use it."
        self.only_press("k")
        self.page.keyboard.type(query)
        self.only_press("Enter", "s")
        self.page.locator(".pb-cw .pb-live", has_text="uses it for 'sentence'").wait_for(timeout=10_000)  # and asks for another
        self.only_press(key)
        self.page.locator(".pb-cw .pb-strip [aria-label=Keys] .pb-chip", has_text=code).wait_for(timeout=10_000)
        self.paper.own[key] = code
        self.press(key)

    def work(self, rows: list[tuple[str, str, tuple]], *, patient: bool) -> None:
        "Go through rows of places, keys and codes; `patient` waits for each row to be saved, as a slow coder would."
        for where, keys, (how, *what) in rows:
            if where == "uncoded": self.press("u")
            elif where == "third": self.find(self.often(), hit=2)
            elif where != "again":
                i = next(i for i, (_, more, _) in enumerate(self.places) if more or where == "here")
                start, _, words = self.places.pop(i)
                self.find(words)
                self.press("ArrowLeft")
                assert self.paper.focus == start
            self.press(*keys.split())
            getattr(self, how)(*what)
            if patient: self.saved()
        self.saved()

    def source(self, name: str) -> None:
        self.only_press("g")
        self.page.keyboard.type(name)
        self.only_press("Enter")
        self.page.wait_for_function(f"{self.view}.doc.source === {json.dumps(name)}", timeout=20_000)
        self.paper.open(name)

    def undo(self, *keys: str) -> None:
        for key in keys:
            event = self.page.evaluate(f"{self.view}.doc.event")
            self.press(key)
            self.page.wait_for_function(f"{self.view}.doc.event > {event}", timeout=20_000)

    def recode(self) -> None:
        "Put a code there that the same words do not have yet."
        mark, marks = self.paper.marks[self.paper.active], self.paper.marks.values()
        offers = {"wlksin": "Walks instead", "clsd": "Closed", "fmtrip": "Family trip", "pays": "Pays twice"}
        query, code = next((q, c) for q, c in offers.items() if replace(mark, code=c) not in marks)
        self.only_press("r")
        self.page.keyboard.type(query)
        self.only_press("Enter")
        self.paper.change(code=code)
        self.paper.use(code)

    def resize(self, keys: str, start: int, end: int) -> None:
        self.only_press("e", *keys.split())
        self.saved()
        if keys.endswith("Enter"): self.paper.change(start=start, end=end)
        self.paper.anchor = self.paper.focus = start

    def tab_to(self, selector: str, *, nth: int = 0, key: str = "Tab", most: int = 40) -> None:
        "Tab until something has the focus."
        here = "([css, n]) => document.activeElement === [...document.querySelectorAll('.pb-cw ' + css)][n]"
        for _ in range(most):
            if self.page.evaluate(here, [selector, nth]): return
            self.only_press(key)
        raise AssertionError(f"no key leads to {selector}")

    def autocode(self, words: str, spans: list[tuple[int, int]], rejected: int, query: str, code: str) -> None:
        "Code the sentences that hold some words, but for one."
        self.only_press("a")
        self.page.keyboard.type(words)
        self.only_press("Enter")
        self.page.wait_for_function(f"document.querySelectorAll('.pb-cw .pb-hits li').length === {len(spans)}", timeout=10_000)
        self.tab_to(".pb-hits input", nth=rejected)
        self.only_press("Space")
        self.tab_to(".pb-row .pb-main-button", key="Shift+Tab")
        self.only_press("Enter")
        self.page.keyboard.type(query)
        self.only_press("Enter")
        self.saved()
        self.only_press("Escape")
        self.paper.step()
        for i, (a, b) in enumerate(spans):
            if i != rejected: self.paper.add(Mark(self.paper.source, a, b, code, origin="autocode"))

    def show_only(self, query: str, rule: Callable[[Mark], bool]) -> None:
        "Filter; with nothing typed, the first choice is to show all again."
        self.only_press("f")
        self.page.keyboard.type(query)
        self.only_press("Enter")
        self.paper.only = rule

    def from_list(self, down: int, key: str = "Enter") -> None:
        "Go to a coding in the list of codings, or remove it there."
        listed, p = self.paper.listed(), self.paper
        at = listed.index(p.active) if p.active in listed else min(sum(p.marks[i].start < p.focus for i in listed), len(listed) - 1)
        self.only_press("l", *["ArrowDown"] * down, key)
        if key == "Enter": return p.go(listed[min(at + down, len(listed) - 1)])
        p.active = listed[min(at + down, len(listed) - 1)]
        p.delete()
        self.only_press("Escape")

    def memo(self, words: str, about: str) -> None:
        "Choose what it is about, and write."
        active, turn = self.paper.active, [t[0] for t in self.paper.turns[self.paper.source]].index(self.paper.turn()[0])
        offers = [*([("coding", active), ("code", self.paper.marks[active].code)] if active else []), ("turn", self.paper.source, turn), ("source", self.paper.source)]
        target = next(o for o in offers if o[0] == about)
        self.saved()
        self.only_press("m", "Shift+Tab", "Home", *["ArrowDown"] * offers.index(target), "Tab")
        self.page.keyboard.type(words)
        self.only_press("Control+Enter")
        self.saved()
        self.only_press("Escape")
        self.paper.step()
        self.paper.memos.append((target, words))


# -- The second coder ---------------------------------------------------------------------------------------------------------
def differences(left: dict[int, Mark], right: dict[int, Mark]) -> list[tuple[str, list[int], list[int]]]:
    "Where two coders differ, in the order of the text: the same code on other words, another code on the same words, or one coder alone."
    alike = {(m.start, m.end, m.code) for m in left.values()} & {(m.start, m.end, m.code) for m in right.values()}
    left, right = ({i: m for i, m in side.items() if (m.start, m.end, m.code) not in alike} for side in (left, right))
    found: list[tuple[str, list[int], list[int]]] = []

    def pair(kind: str, fits: Callable[[Mark, Mark], bool]) -> None:
        for i, a in list(left.items()):
            for j, b in list(right.items()):
                if i in left and fits(a, b):
                    found.append((kind, [i], [j]))
                    del left[i], right[j]

    every = left | right
    pair("other span", lambda a, b: a.code == b.code and a.start < b.end and b.start < a.end)
    pair("other code", lambda a, b: (a.start, a.end) == (b.start, b.end))
    found += [("one coder", [i], []) for i in left] + [("one coder", [], [j]) for j in right]
    spans = {id(f): [(every[i].start, every[i].end) for i in f[1] + f[2]] for f in found}
    return sorted(found, key=lambda f: (min(s for s, _ in spans[id(f)]), max(e for _, e in spans[id(f)]), f[1] + f[2]))


def decide(paper: Paper, difference: tuple[str, list[int], list[int]], key: str, other: str = "") -> None:
    "What a decision writes: codings of the third coder, and a memo on which were compared."
    left, right = ([paper.marks[i] for i in side] for side in difference[1:])
    both = [*left, *right]
    wide, common = ({"start": a(m.start for m in both), "end": b(m.end for m in both)} for a, b in ((min, max), (max, min)))
    words, kept = {"1": ("taken from MB", left), "2": ("taken from AN", right), "3": ("both kept", both), "w": ("widest span", [replace(both[0], **wide)]),
                   "c": ("common span", [replace(both[0], **common)]), "o": ("other code", [replace(both[0], **wide, code=other)]), "x": ("nothing kept", [])}[key]
    kept = [replace(m, coder="consensus", origin="adjudicated") for m in kept]
    paper.step()
    for mark in kept: paper.add(mark)
    paper.memos.append((("decision", frozenset(both), frozenset(kept)), words))


def judge(desk: Desk, paper: Paper) -> None:
    "Decide every difference, each kind in turn by every key that fits; keep what is alike; change your mind."
    page, marks = desk.page, paper.marks
    left, right = ({i: m for i, m in marks.items() if (m.source, m.coder) == ("signs", who)} for who in ("MB", "AN"))
    alike, found = {(m.start, m.end, m.code) for m in left.values()} & {(m.start, m.end, m.code) for m in right.values()}, differences(left, right)
    keys = {"other span": iter("123wc"), "other code": iter("12o3"), "one coder": iter("x" * 99)}
    view = "document.querySelector('.pb-aw').parentElement.pbView"
    page.wait_for_function(f"document.querySelectorAll('.pb-aw .pa-option').length === {len(found)}", timeout=10_000)
    page.locator(".pb-aw .pa-list").focus()
    desk.only_press("n")
    for n, (kind, mine, others) in enumerate(found):
        key = ("1" if n % 3 else "o" if n % 2 else "x") if kind == "one coder" and mine else "2" if kind == "one coder" else next(keys[kind])
        desk.only_press(key)
        if key == "o":
            page.keyboard.type("family")
            desk.only_press("Enter")
        decide(paper, (kind, mine, others), key, "Family trip")
        if n % 2: page.wait_for_function(f"{view}.link.outbox.size === 0", timeout=10_000)  # and one on two is not waited for
    page.locator(f".pb-aw .pa-progress[aria-valuenow='{len(found)}']").wait_for(timeout=10_000)
    page.wait_for_function(f"{view}.link.outbox.size === 0", timeout=10_000)
    desk.only_press("a")
    page.locator(".pb-aw .pa-tool", has_text=f"✓ {len(alike)} agreed kept").wait_for(timeout=10_000)
    paper.step()
    for start, end, code in sorted(alike): paper.add(Mark("signs", start, end, code, "consensus", "adjudicated"))
    desk.only_press("Home", "r")
    page.locator(f".pb-aw .pa-progress[aria-valuenow='{len(found) - 1}']").wait_for(timeout=10_000)
    desk.only_press("Control+z")
    page.locator(f".pb-aw .pa-progress[aria-valuenow='{len(found)}']").wait_for(timeout=10_000)
    desk.only_press("Control+z")
    page.locator(".pb-aw .pa-tool", has_text=f"Keep {len(alike)} agreed").wait_for(timeout=10_000)
    desk.only_press("Control+Shift+z")
    page.locator(".pb-aw .pa-tool", has_text=f"✓ {len(alike)} agreed kept").wait_for(timeout=10_000)
    desk.only_press("z", "d", "d", "y", "m", "j", "Escape")


# -- The files ----------------------------------------------------------------------------------------------------------------
SETUP = """import personabench as pb
study = pb.Study("hour.db", coder="MB", create=True)
report = pb.import_files(study, {files}, progress=False)
assert (report["status"] == "imported").all(), report.to_string()
for code, facet in {codes}.items(): pb.add_code(study, code, facet=facet, order={stages}.index(code) if facet == "stage" else None)
w = pb.CodingWidget(study, codes={{"q": "Waiting"}})
w"""
BY_ANOTHER = """import json, sys, personabench as pb
with pb.Study(sys.argv[1], coder="AN") as study:
    for start, end, code in json.loads(sys.argv[2]): pb.code(study, code, source="signs", start=start, end=end)
"""
READ = """import json, sqlite3, sys, personabench as pb
study = pb.Study(sys.argv[1], coder="reader")
turns = sqlite3.connect(sys.argv[1]).execute("select turn_id, s.name, turn from turns join sources s using (revision_id)").fetchall()
codings = study.codings[["coding_id", "source", "start", "end", "quote", "code", "coder", "origin"]].to_numpy().tolist()
json.dump({"codings": codings, "codes": dict(zip(study.codes["code"], study.codes["facet"])), "texts": {n: study.text(n) for n in study.sources["name"]},
    "turns": {i: (name, turn) for i, name, turn in turns},
    "memos": study.memos[["about", "target", "text", "coder"]].to_numpy().tolist()}, sys.stdout)
"""


def real_transcript() -> Path:
    "Of the real interviews, else of the sample study's: the one with most sentences that leave no doubt."
    real = Path(os.environ.get("PERSONABENCH_REAL_DATA") or ROOT.parent / "shared" / "data")
    files = sorted(real.glob("interviews/*/transcripts/*.txt")) or sorted((ROOT / "data" / "interviews").glob("*.txt"))

    def clear(path: Path) -> int:
        paragraphs = [p.partition(": ") for p in path.read_text("utf-8").strip().split("\n\n")]
        if not all(colon and "\n" not in words and len(words) < 1800 for _, colon, words in paragraphs): return 0
        return sum(len(STOP.split(words)) for who, _, words in paragraphs if not who.startswith("Interviewer") and CLEAN.fullmatch(words))

    return max(files, key=clear)


def python(script: str, *words: str) -> str:
    "Run Python in another process."
    return subprocess.run([sys.executable, "-c", script, *words], check=True, capture_output=True, text=True, encoding="utf-8", timeout=120).stdout


def read_anew(path: Path) -> tuple[set, list, dict[str, str], dict[str, str]]:
    "Open the database in a fresh process: codings, memos, codes and texts, in the words of the model."
    told = json.loads(python(READ, str(path)))
    marks = {i: Mark(source, a, b, code, coder, origin) for i, source, a, b, _, code, coder, origin in told["codings"]}
    memos = []
    for about, target, text, coder in told["memos"]:
        assert coder == "MB"
        decision = re.fullmatch(r"Adjudicated for consensus: (.+)\ncodings ([\d ]+?)(?: kept ([\d ]+))?", text)
        if decision: memos.append((("decision", *(frozenset(marks[int(i)] for i in (ids or "").split()) for ids in decision.groups()[1:])), decision[1]))
        else: memos.append(((about, *told["turns"][str(target)]) if about == "turn" else (about, marks.get(target)) if about == "coding" else (about, target), text))
    return {(*vars(marks[row[0]]).values(), row[4]) for row in told["codings"]}, memos, told["codes"], told["texts"]


def as_expected(paper: Paper, path: Path) -> None:
    "The database holds what the paper says, not more and not less."
    found, memos, codes, texts = read_anew(path)
    assert texts == paper.texts
    expected = {(*vars(m).values(), paper.texts[m.source][m.start:m.end]) for m in paper.marks.values()}
    assert found == expected, f"not expected: {sorted(found - expected)}\nmissing: {sorted(expected - found)}"
    assert codes == paper.codes
    named = [(("coding", paper.marks.get(about[1])) if about[0] == "coding" else about, words) for about, words in paper.memos]
    assert sorted(memos, key=repr) == sorted(named, key=repr)


# -- The hour -----------------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_an_hour_of_work_by_keyboard_leaves_exactly_what_was_meant(lab, shots):
    folder, real = lab.server.root / "hour", real_transcript()
    folder.mkdir()
    (folder / "signs.txt").write_text("\n\n".join(f"{who}: {words}" for who, words in SIGNS) + "\n", "utf-8")
    texts = {real.stem: real.read_text("utf-8"), "signs": (folder / "signs.txt").read_text("utf-8")}
    setup = SETUP.format(files=[str(real), "signs.txt"], codes=CODES, stages=STAGES)
    run_notebook(lab, "hour/hour", nbformat.v4.new_markdown_cell("# One hour"), setup, "pb.CodebookWidget(study)", "pb.AdjudicationWidget(study, 'signs')", "6 * 7",
                 shown=".pb-cw .pb-turn")
    page, cells_now = lab.page, "[...jupyterapp.shell.currentWidget.content.model.cells].map(c => [c.type, c.sharedModel.getSource()])"
    before = page.evaluate(cells_now)
    paper = Paper(texts)
    desk = Desk(lab, paper, random.Random(2026))

    # From the notebook into the widget, by Tab alone.
    desk.only_press("Escape")
    page.evaluate("jupyterapp.commands.execute('notebook:move-cursor-up')")
    desk.only_press("Escape")
    assert page.evaluate("document.activeElement.closest('.pb-cw') === null && document.activeElement.closest('.jp-Notebook') !== null")
    desk.tab_to(".pb-scroll", most=120)

    # A morning on the transcript: every way to select and to code.
    desk.work(MORNING, patient=True)
    # The text with the signs, first by one who does not wait.
    desk.source("signs")
    for found, keys, start, end, quote, (how, *what) in SIGNS_WORK:
        desk.find(found)
        desk.only_press(*keys.split())
        assert paper.texts["signs"][start:end] == quote
        paper.anchor, paper.focus = start, end
        getattr(desk, how)(*what)
    desk.saved()
    desk.autocode("ticket", [(83, 137), (257, 289), (569, 589)], 0, "wait", "Waiting")
    page.locator(".pb-cw").screenshot(path=shots / "hour-midway.png")
    desk.show_only("ticket machine", lambda m: m.code == "Ticket machine")
    as_expected(paper, folder / "hour.db")

    # Back in the transcript: what was chosen before holds here too, what was found there does not.
    desk.source(real.stem)
    desk.press("Control+Home", "n", "n", "b")
    desk.memo("The machine again", "coding")
    desk.recode()
    desk.show_only("", lambda m: True)
    desk.only_press("/", "Enter", "Escape", "q")
    desk.work(AFTERNOON, patient=False)
    assert sum(m.origin == "manual" for m in paper.marks.values()) >= 60

    # Reading it again: jump, go round overlaps, note, recode, take off.
    desk.press("Control+Home", "n", "n", "n", "n", "b")
    desk.recode()
    desk.press("n", "n", "o")
    desk.memo("Who says so?", "coding")
    desk.memo("Is this one code or two?", "code")
    desk.press("Delete", "n", "n", "Delete", "c", "n", "n")
    desk.from_list(2)
    desk.recode()
    desk.show_only("gain", lambda m: paper.codes[m.code] == "gain")
    desk.press("n", "n", "Delete")
    desk.show_only("", lambda m: True)
    desk.press("c")
    desk.memo("A pause of five seconds", "turn")
    desk.memo("Ask her again in autumn", "source")
    desk.from_list(1, "Delete")
    desk.press("b", "b")
    desk.recode()
    desk.saved()
    desk.undo(*["Control+z"] * 10, *["Control+Shift+z"] * 3)
    as_expected(paper, folder / "hour.db")

    # Five codings get other ends; a sixth is left as it was.
    desk.press("Control+Home", "n")
    while paper.next_end() is None: desk.press("n")
    desk.resize("Control+ArrowRight Enter", paper.marks[paper.active].start, paper.next_end())
    desk.source("signs")
    for found, code, keys, start, end in RESIZED:
        desk.find(found)
        desk.press("o")
        assert paper.marks[paper.active].code == code
        desk.resize(keys, start, end)

    # Two codes that mean the same become one, in the codebook widget.
    book = page.locator(".pb-cb")
    book.locator("[role=treeitem][tabindex='0']").focus()
    page.keyboard.type("shut")
    desk.only_press("Alt+m")
    page.keyboard.type("closed")
    desk.only_press("Enter")
    book.locator(".pbk-plan").wait_for(timeout=10_000)
    desk.only_press("Enter")
    book.locator(".pbk-name", has_text="Shut").wait_for(state="detached", timeout=10_000)
    desk.only_press("x", "d", "d", "y", "Escape")
    paper.merge("Shut", "Closed")
    page.wait_for_function(f"!{desk.view}.codes().some(c => c.name === 'Shut')", timeout=10_000)

    # A colleague codes the same text in another process; the two are compared and decided.
    python(BY_ANOTHER, str(folder / "hour.db"), json.dumps(SECOND_CODER))
    for start, end, code in SECOND_CODER: paper.add(Mark("signs", start, end, code, coder="AN"))
    judge(desk, paper)
    as_expected(paper, folder / "hour.db")
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    lab.shot("hour-end")
    assert page.evaluate(cells_now) == before, "no key reached the notebook"
    assert not lab.outside and not lab.console and not lab.errors()
