"""Offsets are code points, everywhere: what is coded is found again, and what is not there cannot be stored.

PERSONABENCH_LONG=1 (or CI) takes 10,000 probes; otherwise there are 500.
"""

from __future__ import annotations

import os
import random
import unicodedata
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personabench import store
from personabench.coding import code, find_quote, resize
from personabench.schema import BadSpan, QuoteNotFound, normalise_text
from personabench.study import Study

LONG = bool(os.environ.get("CI") or os.environ.get("PERSONABENCH_LONG"))
PROBES = 20  # per text
TEXTS = 500 if LONG else 25

# One character to a reader, one to nine code points to Python, one to eleven units to a browser, up to 28 bytes on disk.
PIECES = [
    *"abc ABC.,?\n\t", "dock ", "the ", "The ", " ", "  ", "\u00a0", "\u2003", "\u3000",
    "🚲", "👩🏽‍🔬", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "❤️", "1️⃣", "\U0001F468\u200d", "\ufe0f", "\u200d",
    "é", "e\u0301", "a\u0308\u0323", "Å", "\u212b", "ﬁ", "ß", "ẞ", "İ", "ı", "n\u0303o", "\u0301",
    "שלום", "שָׁ", "مرحبا", "مُ", "\u200f", "\u202eabc\u202c", "हिन्दी", "ไทย", "한", "ᄒ\u1161ᆫ", "日本", "か\u3099",
    "𝒳", "𐍈", "𝄞", "\U0010FFFF", "\U000E0067", "\u2028", "\x85", "\ufeff", "\ufffd",
]
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.characters(exclude_categories=["Cs"])), min_size=1, max_size=60).map(
    lambda pieces: normalise_text("".join(pieces))).filter(lambda text: bool(text.strip()))


@pytest.fixture(scope="module")
def study():
    study = Study(":memory:", coder="MB")
    with study.step("add", "a code") as step:
        store.add_codes(step, [{"name": "A", "facet": "pain"}, {"name": "B", "facet": "need"}])
    return study


def add(study: Study, name: str, text: str) -> int:
    with study.step("import", f"import {name}") as step:
        return store.add_source(step, name, text=text)


numbers = count(1)


@settings(max_examples=TEXTS)
@given(data=st.data(), text=texts)
def test_what_is_coded_is_found_again(study: Study, text: str, data: st.DataObject):
    name, n = f"S{next(numbers)}", len(text)
    source_id = add(study, name, text)
    assert study.text(name) == text
    places = st.integers(-2, n + 2)
    probes = data.draw(st.lists(st.tuples(places, places), min_size=PROBES, max_size=PROBES))
    good = [(a, b) for a, b in probes if 0 <= a < b <= n and text[a:b].strip()]
    for a, b in set(probes) - set(good):
        with pytest.raises(BadSpan), study.step("code", "bad") as step:
            store.add_codings(step, [{"source_id": source_id, "code_id": 1, "start": a, "end": b}])
    assert study.rows("codings", source=name).empty
    with study.step("code", "good") as step:
        ids = store.add_codings(step, [{"source_id": source_id, "code_id": 1, "start": a, "end": b, "quote": text[a:b]} for a, b in good])
    found = study.rows("codings", source=name).set_index("coding_id")
    assert len(found) == len(set(ids)) == len(set(good))
    for coding_id, (a, b) in zip(ids, good, strict=True):
        start, end, quote = found.loc[coding_id, ["start", "end", "quote"]]
        assert (start, end, quote) == (a, b, text[a:b]) and text[start:end] == study.quote(name, a, b) == quote
        again = [i for i in range(n) if text.startswith(quote, i)]
        assert a in again
        if len(again) == 1:
            assert find_quote(text, quote) == (a, b)
        else:
            with pytest.raises(QuoteNotFound, match=f"{len(again)} times"):
                find_quote(text, quote)


@settings(max_examples=50)
@given(text=texts, data=st.data())
def test_a_coding_moves_to_another_span_or_stays(study: Study, text: str, data: st.DataObject):
    name = f"S{next(numbers)}"
    add(study, name, text)
    first = len(text) - len(text.lstrip())
    coding_id = code(study, "A", source=name, start=first, end=first + 1)
    places = st.integers(-2, len(text) + 2)
    a, b = data.draw(places), data.draw(places)
    if 0 <= a < b <= len(text) and text[a:b].strip():
        resize(study, coding_id, start=a, end=b)
    else:
        with pytest.raises(BadSpan):
            resize(study, coding_id, start=a, end=b)
        a, b = first, first + 1
    assert study.rows("codings", source=name)[["coding_id", "start", "end", "quote"]].values.tolist() == [[coding_id, a, b, text[a:b]]]


# -- Quotes that are not there ------------------------------------------------------------------------------------------------
TALK = """Mara: So, how was it? Tell me about last Tuesday…
Anna: Well – I took the tram home, because the dock was full 🚲 again. "Café Müller", that's where it stands. I don't know who empties it.
Mara: And then?
Ömer: لا أعرف. I walked. 2.5 km, in the rain, with my daughter 👩🏽‍🔬👨‍👩‍👧‍👦 on my shoulders; she found it funny, I did not.
אנה: לא היה מקום. They should co-operate: 10 docks for 300 bikes isn’t enough, e\u0301tude or no étude. The dock was full. Full!
"""
LOOK_ALIKES = {"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "i": "і", "A": "Α", "M": "М", "T": "Т", "l": "I", "0": "O", "1": "l",
               "'": "’", "’": "'", '"': "”", "–": "-", "-": "‐", "…": "...", " ": "\u00a0", "é": "e", "ü": "u", "Ö": "O",
               "🚲": "🚴", ".": "․", ",": "‚", "ß": "ss"}


def mutations(quote: str, chance: random.Random) -> list[str]:
    "Return the quote changed in each way in which quotes go wrong between a source and a spreadsheet."
    at = chance.randrange(len(quote))
    other = chance.choice("abcdefgXYZ 0.,é🚲\u0301\u200d\u200b\u00ad\n")
    alike = [i for i, c in enumerate(quote) if c in LOOK_ALIKES]
    spot = chance.choice(alike) if alike else at
    return [
        quote[:at] + other + quote[at + 1:],
        quote[:at] + other + quote[at:],
        quote[:at] + quote[at + 1:],
        quote[:spot] + LOOK_ALIKES.get(quote[spot], "~") + quote[spot + 1:],
        quote.swapcase(), quote.upper(), quote.casefold(), quote.title(),
        "".join(c for c in unicodedata.normalize("NFD", quote) if not unicodedata.combining(c)),
        unicodedata.normalize("NFC", quote), unicodedata.normalize("NFD", quote), unicodedata.normalize("NFKC", quote),
        quote.encode("utf-8").decode("latin-1"), quote[::-1], " ".join(quote.split()), quote.replace(" ", "  "), f"“{quote}”", quote + "…",
        quote.replace("\u200d", ""), quote.replace("\ufe0f", ""), quote.replace("\n", "\r\n"),
    ]


def test_of_a_thousand_mutated_quotes_none_is_stored():
    study, chance, tried, stored = Study(":memory:", coder="MB"), random.Random(7), 0, 0
    with study.step("add", "a code") as step:
        store.add_codes(step, [{"name": "A", "facet": "pain"}])
    add(study, "P01", TALK)
    while tried < 1000:
        a = chance.randrange(len(TALK) - 10)
        b = a + chance.randint(8, 60)
        for quote in mutations(TALK[a:b], chance):
            if quote in TALK:  # a mutation may undo itself, or hit words that are there
                continue
            tried += 1
            for span in ({}, {"start": a}, {"end": b}, {"start": a, "end": b}, {"start": a, "end": a + len(quote)}):
                with pytest.raises((QuoteNotFound, BadSpan)):
                    code(study, "A", source="P01", quote=quote, **span)
            with pytest.raises((QuoteNotFound, BadSpan)), study.step("import_codings", "from a spreadsheet") as step:
                store.add_codings(step, [{"source_id": 1, "code_id": 1, "start": a, "end": b, "quote": quote}])
        assert len(study.codings) == stored
        if TALK.count(TALK[a:b]) == 1 and TALK[a:b].strip():  # between them, one that is there
            code(study, "A", source="P01", quote=TALK[a:b])
            stored = study.codings[["start", "end"]].drop_duplicates().shape[0]
    assert tried >= 1000 and stored > 10
    assert all(TALK[a:b] == quote for a, b, quote in study.codings[["start", "end", "quote"]].values)


def test_a_quote_with_a_span_is_taken_only_where_it_stands():
    study = Study(":memory:", coder="MB")
    with study.step("add", "a code") as step:
        store.add_codes(step, [{"name": "A", "facet": "pain"}])
    add(study, "P01", TALK)
    first, second = TALK.index("dock was full"), TALK.rindex("dock was full")
    with pytest.raises(QuoteNotFound, match="2 times"):
        code(study, "A", source="P01", quote="dock was full")
    code(study, "A", source="P01", quote="dock was full", start=second)
    code(study, "A", source="P01", quote="dock was full", end=first + 13)
    assert study.codings["start"].tolist() == [first, second]
    with pytest.raises(QuoteNotFound, match="reads"):
        code(study, "A", source="P01", quote="dock was full", start=first + 1)
    with pytest.raises(QuoteNotFound, match="did you mean 'the dock was full"):
        code(study, "A", source="P01", quote="the dock wos full 🚲")


def test_every_kind_of_bad_span_is_refused_by_the_store(study: Study):
    name = f"S{next(numbers)}"
    source_id = add(study, name, "one \n two 🚲")
    assert len(study.text(name)) == 11  # not 12 as a browser counts, nor 14 bytes
    for a, b in [(0, 0), (3, 1), (-1, 2), (-3, -1), (0, 12), (11, 12), (3, 6), (4, 5), (1.0, 3.0), ("0", "3"), (None, 3), (0, None),
                 (0, 10**30)]:
        with pytest.raises(BadSpan), study.step("code", "bad") as step:
            store.add_codings(step, [{"source_id": source_id, "code_id": 1, "start": a, "end": b}])
    assert study.rows("codings", source=name).empty
    code(study, "A", source=name, start=10, end=11, quote="🚲")
    assert study.rows("codings", source=name)["quote"].tolist() == ["🚲"]
