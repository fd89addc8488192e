"""Made-up answers and talks whose truth is known, for several test files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from personabench import store
from personabench.codebook import add_code
from personabench.coding import code
from personabench.study import Study
from personabench.survey import import_survey

TALK = "Interviewer: How was it?\n\nAnna: The dock was full 🚲 again. I thought: never mind.\n\nInterviewer: Oh?\n\nAnna: Yes.\n"
EVIL = "<img src=x onerror=\"document.title='pwned'\">"


def plain(frame: pd.DataFrame) -> list[list]:
    "Rows as lists, None where nothing is."
    return frame.astype(object).where(frame.notna(), None).values.tolist()


def undo(study: Study) -> None:
    "Take the last step back."
    store.undo_last(study.engine, coder=study.coder)


def mixed(n: int, seed: int, *, holes: float = 0.0) -> tuple[pd.DataFrame, np.ndarray]:
    "Return a survey of two numbers, a scale, a choice and a flag, and the class (of three) that each row came from."
    rng = np.random.default_rng(seed)
    z = rng.choice(3, n, p=[.5, .3, .2])
    df = pd.DataFrame({
        "a": rng.normal(np.array([0., 4, 8])[z], 1),
        "b": rng.normal(np.array([3., 0, 3])[z], 2).round(1),
        "scale": pd.Categorical((np.array([4, 3, 1])[z] + rng.integers(-1, 2, n)).clip(1, 5), categories=[1, 2, 3, 4, 5], ordered=True),
        "choice": [rng.choice(["x", "y", "z"], p=p) for p in np.array([[.8, .1, .1], [.1, .8, .1], [.2, .2, .6]])[z]],
        "flag": rng.random(n) < np.array([.9, .2, .5])[z],
        "visits": rng.poisson(np.array([1, 4, 2])[z]) * 1.,
    })
    return (df.mask(rng.random(df.shape) < holes) if holes else df), z


# Four people sign up and ride: source, code, quote.
SAID = {"P01": f"The card page hung twice {EVIL}. I was furious. Then the ride was a dream.", "P02": "Paying failed three times. It annoyed me. The hill was easy.",
        "P03": "Paying was fine, at the desk. I felt calm. The ride? I forgot.", "P04": "The card page hung. I was furious. The ride was lovely."}
CODED = [("P01", "Sign-up", SAID["P01"].partition(" Then")[0]), ("P01", "Payment fails", "The card page hung twice"), ("P01", "Furious", "I was furious"),
         ("P01", "Ride", "Then the ride was a dream."), ("P01", "Happy", "a dream"),
         ("P02", "Sign-up", "Paying failed three times. It annoyed me."), ("P02", "Payment fails", "Paying failed three times"),
         ("P02", "Annoyed", "It annoyed me"), ("P02", "Ride", "The hill was easy."), ("P02", "Happy", "easy"),
         ("P03", "Sign-up", "Paying was fine, at the desk. I felt calm."), ("P03", "Happy", "I felt calm"), ("P03", "Desk", "at the desk"),
         ("P04", "Sign-up", "The card page hung. I was furious."), ("P04", "Payment fails", "The card page hung"),
         ("P04", "Furious", "I was furious"), ("P04", f"Lovely {EVIL}", "The ride was lovely")]


def ridden(address: Any = ":memory:") -> Study:
    "Four people, three stages (of one nobody spoke), a pain of three people, markup wherever people write."
    study = Study(address, coder="MB", create=True)
    with study.step("import", "import") as step:
        for case, text in SAID.items():
            store.add_source(step, case, text=text, turns=[{"start": 0, "end": len(text), "speaker": case}], speakers={case: (case, "participant")})
    book: dict[str, dict[str, Any]] = {
        "Awareness": {"facet": "stage", "order": 1}, "Sign-up": {"facet": "stage", "order": 2}, "Ride": {"facet": "stage", "order": 3},
        "Payment fails": {"facet": "pain"}, f"Lovely {EVIL}": {"facet": "gain"}, "Desk": {"facet": "touchpoint", "online": False},
        "Furious": {"facet": "emotion", "valence": -2}, "Annoyed": {"facet": "emotion", "valence": -1}, "Happy": {"facet": "emotion", "valence": 2}}
    for name, more in book.items(): add_code(study, name, **more)
    for case, name, quote in CODED: code(study, name, source=case, quote=quote)
    return study


# Six people talk about bikes; some of two hundred who answered a survey are among them.
CODES = [
    ("Commutes by bike", "behaviour", None, None, "Rides to and from work on most working days. Not for a single trip."),
    ("Rides for leisure", "behaviour", None, None, "Use for rides on free days."),
    ("Empty dock", "pain", None, None, "Came for a bike and found none."),
    ("Counts every minute", "behaviour", None, None, "Watches the running cost while riding."),
    ("Price does not matter", "attitude", None, None, "Cost plays no part. The opposite of Counts every minute."),
    ("Expects ease", "expectation", 1, None, "Before the event."), ("Expects trouble", "expectation", -1, None, "Before the event."),
    ("Annoyed", "emotion", -1, None, ""), ("Sign-up", "stage", None, 1, ""), ("First ride", "stage", None, 2, "")]


def add_talk(study: Study, name: str, turns: list[tuple[str, str | None, str, list[tuple[str, str]]]], date: str | None = "2026-05-04") -> None:
    "Add a source of turns (speaker, case or None for the interviewer, words, [(quote, code)]) with its codings."
    text, spans, speakers, coded = "", [], {}, []
    ids = study.codes.set_index("code")["code_id"]
    for speaker, case, words, marks in turns:
        start = len(text)
        text += words + "\n"
        spans.append({"speaker": speaker, "start": start, "end": start + len(words)})
        speakers[speaker] = (case, "participant" if case else "interviewer")
        coded += [{"code_id": int(ids[code]), "start": start + words.index(quote), "end": start + words.index(quote) + len(quote), "coder": coder}
                  for quote, code, *by in marks for coder in (by or ["MB"])]
    with study.step("import", name) as step:
        source_id = store.add_source(step, name, text=text, turns=spans, speakers=speakers, date=date)
        store.add_codings(step, [{**row, "source_id": source_id} for row in coded])


def bare_study() -> Iterator[Study]:
    "A study with nothing in it yet, closed when the test ends: `study = pytest.fixture(bare_study)`."
    with Study(":memory:", coder="MB") as study: yield study


def empty_study() -> Study:
    study = Study(":memory:", coder="MB", create=True)
    with study.step("codes", "codebook") as step:
        store.add_codes(step, [{"name": n, "facet": f, "valence": v, "order": o, "definition": d} for n, f, v, o, d in CODES])
    return study


def add_segments(study: Study, segments: dict[str, str | None], *, verdict: str = "not measured", survey: str | None = None, name: str = "2026-05",
                 weights: dict[str, float] | None = None) -> None:
    members = pd.DataFrame({"case": list(segments), "segment": list(segments.values()), "weight": [(weights or {}).get(c, 1.) for c in segments]})
    with study.step("segment", name) as step:
        store.add_segmentation(step, name=name, members=members, k=2, verdict=verdict, parameters={"variables": ["rides"]}, survey=survey,
                               wave="2026-05", data_hash="abc")


def talked() -> Study:
    "Five people talk, one of whom withdraws; a sixth interview is unread."
    study = empty_study()
    asked = ("Mara", None, "Do you find empty docks annoying?", [("empty docks", "Empty dock")])
    add_talk(study, "P01", [asked, ("Nadia", "P01", "I ride to work every day. Who counts pennies? The dock was empty.", [
        ("I ride to work every day", "Commutes by bike", "MB", "JK"), ("ride to work every day", "Commutes by bike", "JK"),
        ("Who counts pennies?", "Price does not matter"), ("dock was empty", "Empty dock")])])
    add_talk(study, "P02", [asked, ("Tomasz", "P02", "To the office and back. I watch the clock. No bike there. And none on Monday.", [
        ("To the office and back", "Commutes by bike"), ("I watch the clock", "Counts every minute"), ("No bike there", "Empty dock"),
        ("none on Monday", "Empty dock")])], date="2026-05-20")
    add_talk(study, "G03", [("Ann", "P03", "We ride out to the lake.", [("ride out to the lake", "Rides for leisure")]),
                            ("Ben", "P04", "With the children.", [])])
    add_talk(study, "P05", [("Leo", "P05", "Every day, to work.", [("Every day, to work", "Commutes by bike")])])
    add_talk(study, "P06", [("Kim", "P06", "Nobody has read this yet.", [])])
    with study.step("withdraw", "P05") as step:
        store.add_case(step, "P05", withdrawn="2026-06-30")
    return study


def answered() -> pd.DataFrame:
    "Two hundred answers, four of them by people who were interviewed; every second person rides often."
    rng = np.random.default_rng(1)
    often = np.arange(200) % 2 == 0
    ids = ["P01", "P03", "P02", "P04", *(f"R{i}" for i in range(196))]
    full = np.where(often, rng.random(200) < .8, rng.random(200) < .3).astype(int)
    return pd.DataFrame({"rides": np.where(often, 20, 5) + rng.integers(-3, 4, 200), "met_full_dock": full,
                         "district": rng.choice(["N", "S", "E"], 200), "imp_price": np.where(often, rng.integers(1, 4, 200), rng.integers(3, 6, 200)),
                         "w": rng.uniform(.5, 2, 200).round(2)}, index=ids)


def with_survey(study: Study, answers: pd.DataFrame, wave: str = "2026-05") -> Study:
    "Add the answers and a segmentation of them to a study."
    import_survey(study, answers, name="wave1", wave=wave, weights="w")
    add_segments(study, {c: "A" if i % 2 == 0 else "B" for i, c in enumerate(answers.index)}, survey="wave1", weights=answers["w"].to_dict())
    return study
