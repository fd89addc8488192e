"""Damage personas in many random ways, and edit them harmlessly in as many: `check` has to find every damage and no edit.

Run: python tests/campaigns/persona_damage.py [damages] [edits] [seed]     (tests/test_checks.py runs a short version)
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from personabench.checks import check
from personabench.claims import Persona
from personabench.persona_files import _load_yaml, write_personas
from personabench.schema import STRENGTHS
from personabench.study import Study

Edit = Callable[[str, random.Random], str | None]
TODAY = "2026-06-30"


def _spot(text: str, rng: random.Random, pattern: str, change: Callable[[re.Match[str]], str]) -> str | None:
    "Change one random match of a pattern; None when there is none or nothing would change."
    hits = list(re.finditer(pattern, text, re.MULTILINE))
    if not hits: return None
    hit = rng.choice(hits)
    new = change(hit)
    return None if new == hit[0] else text[: hit.start()] + new + text[hit.end() :]


def _moved(number: str, rng: random.Random) -> str:
    "Another number: off by one, by a digit or by a tenth, never by less than what a file rounds to."
    x = float(number)
    return str(int(number) + rng.choice([-1, 1, 7, 100]) if number.lstrip("-").isdigit() else round(x + rng.choice([-1, 1]) * max(.05, abs(x) * .1), 4))


def _as_strong(old: str, new: str | None) -> str | None:
    "Return a text whose claims list as many people as make their strength; with fewer, a strength that was not written anew is a damage."
    def strengths(text: str) -> list[str]: return [c.strength for c in Persona.model_validate(_load_yaml(text, "")).claim_list]
    return new if new is not None and strengths(new) == strengths(old) else None


def _other(text: str, than: str, key: str, rng: random.Random) -> str:
    "Another value that the file gives the key, or one that nobody has."
    return rng.choice([s for s in re.findall(rf"^ {{8}}{key}: (.+)$", text, re.MULTILINE) if s != than] + ["P99"])


def _word(block: str, rng: random.Random) -> str:
    "A quote with one word left out, doubled, or changed."
    words = block.split(" ")
    i = rng.randrange(len(words))
    words[i:i + 1] = rng.choice([[], [words[i], words[i]], [words[i] + "s"], ["never"]])
    return " ".join(words)


FIGURES = "people|base|share|low|high|quotes|against_people|against_quotes|against_share|against_low|against_high|interviewed"
STATISTICS = "effective_n|share|mean|low|high|rest|rest_n|difference_low|difference_high|q|effect"
DAMAGES: dict[str, Edit] = {
    "quote": lambda t, r: _spot(t, r, r"(?<=quote: \|-\n)( +)(.+)$", lambda m: m[1] + _word(m[2], r) if _word(m[2], r).strip() else m[0]),
    "number of a claim": lambda t, r: _spot(t, r, rf"^(    (?:{FIGURES}): )([\d.]+)$", lambda m: m[1] + _moved(m[2], r)),
    "number of the persona": lambda t, r: _spot(t, r, rf"^((?:{FIGURES}|effective_n): )([\d.]+)$", lambda m: m[1] + _moved(m[2], r)),
    "n of a statistic": lambda t, r: _spot(t, r, r"^( {8}n: )(\d+)$", lambda m: m[1] + _moved(m[2], r)),
    "figure of a statistic": lambda t, r: _spot(t, r, rf"^( {{8}}(?:{STATISTICS}): )(-?[\d.]+)$", lambda m: m[1] + _moved(m[2], r)),
    "date": lambda t, r: _spot(t, r, r"^( +(?:date|newest|oldest): '?)(\d{4})(-\d\d)", lambda m: m[1] + str(int(m[2]) - r.choice([1, 2])) + m[3]),
    "segment": lambda t, r: _spot(t, r, r"^(segment|segmentation|survey|wave|verdict): (.+)$", lambda m: f"{m[1]}: " + {"verdict": "no clusters"}.get(m[1], "elsewhere")),
    "link to a code": lambda t, r: _spot(t, r, r"^( {4}codes:\n +- )(.+)$", lambda m: m[1] + r.choice(["Nothing of the kind", m[2] + " or so"])),
    "link to a source": lambda t, r: _spot(t, r, r"^( {8}source: )(.+)$", lambda m: m[1] + _other(t, m[2], "source", r)),
    "link to a variable": lambda t, r: _spot(t, r, r"^( {8}variable: )(.+)$", lambda m: m[1] + _other(t, m[2], "variable", r)),
    "case": lambda t, r: _spot(t, r, r"^( {8}case: )(.+)$", lambda m: m[1] + r.choice([c for c in ("P01", "P05", "P14", "P99") if c != m[2]])),
    "span": lambda t, r: _spot(t, r, r"^( {8}(?:start|end): )(\d+)$", lambda m: m[1] + str(int(m[2]) + r.choice([-3, -1, 1, 2, 40]))),
    "strength": lambda t, r: _spot(t, r, r"^( {4}strength: )(\w+)$", lambda m: m[1] + r.choice([s for s in STRENGTHS if s != m[2]])),
    "link of a person": lambda t, r: _spot(t, r, r"^(  - case: )(.+)$", lambda m: m[1] + r.choice([c for c in ("P01", "P05", "P14", "P99") if c != m[2]])),
    "how a person was linked": lambda t, r: _spot(t, r, r"^( {4}how: )respondent id$", lambda m: m[1] + r.choice(["by hand", "typing tool"])),
    "number of unassigned people": lambda t, r: _spot(t, r, r"^(unassigned: )(\d+)$", lambda m: m[1] + str(int(m[2]) + r.choice([1, 3, 20]))),
    "figures left out": lambda t, r: _spot(t, r, r"^    share: .+\n    low: .+\n    high: .+\n", lambda m: ""),
    "figures against left out": lambda t, r: _spot(t, r, r"^    against_share: .+\n    against_low: .+\n    against_high: .+\n", lambda m: ""),
    "dates left out": lambda t, r: _spot(t, r, r"^    newest: .+\n    oldest: .+\n", lambda m: ""),
    "used left out": lambda t, r: _spot(t, r, r"^ {8}used: true\n", lambda m: ""),
    "figure of a statistic left out": lambda t, r: _spot(t, r, r"^ {8}(?:effective_n|effect|rest_n|q): .+\n", lambda m: ""),
    "quotes against left out": lambda t, r: _spot(t, r, r"^    against:\n(?:      - kind: quote\n(?: {8}.*\n)+)+(?!      - )", lambda m: ""),
    "head left out": lambda t, r: _spot(t, r, r"^(?:(?:unassigned|review_by|share|verdict): .+\n|data:\n(?: .+\n)+|linked:\n(?:(?:  - |    ).+\n)+)", lambda m: ""),
    "unknown key": lambda t, r: _spot(t, r, r"^( {4})(facet|people|text|evidence)(:)", lambda m: m[1] + m[2] + "s" + m[3]),
}


def _reordered(text: str, rng: random.Random) -> str | None:
    "Move one plain line of the head to another place among the plain lines of the head."
    head, claims = text.split("\nclaims:\n", 1)
    lines = head.split("\n")
    plain = [i for i, line in enumerate(lines) if re.match(r"\w+: [^|]", line)]
    i, j = rng.sample(plain, 2)
    lines[i], lines[j] = lines[j], lines[i]
    return "\n".join(lines) + "\nclaims:\n" + claims


def _claims_reordered(text: str, rng: random.Random) -> str:
    head, claims = text.split("\nclaims:\n", 1)
    parts = re.split(r"^(?=  - id: )", claims if claims.endswith("\n") else claims + "\n", flags=re.MULTILINE)
    parts = [p for p in parts if p]
    i, j = rng.sample(range(len(parts)), 2)
    parts[i], parts[j] = parts[j], parts[i]
    return head + "\nclaims:\n" + "".join(parts)


def _keys_reordered(text: str, rng: random.Random) -> str | None:
    "Swap two neighbouring figures of one claim."
    return _spot(text, rng, rf"^(    (?:{FIGURES}): [\d.]+\n)(    (?:{FIGURES}): [\d.]+\n)", lambda m: m[2] + m[1])


HARMLESS: dict[str, Edit] = {
    "order of keys": _reordered, "order of claims": _claims_reordered, "order of figures": _keys_reordered,
    "comment": lambda t, r: _spot(t, r, r"^(  - id: .+|(?:name|label|segment|people): .+)$",
                                  lambda m: m[0] + "  # looked at: fine" if r.random() < .5 else f"# {m[1][:5]} seen\n" + m[0]),
    "name": lambda t, r: _spot(t, r, r"^(name: )(.+)$", lambda m: m[1] + m[2] + r.choice([" B.", "ny", " the Second"])),
    "label": lambda t, r: _spot(t, r, r"^(label: )(.+)$", lambda m: m[1] + r.choice(["Early birds", "On the move", "Rides a lot"])),
    "wording of a claim": lambda t, r: _spot(t, r, r"(?<=    text: \|-\n)(      )(.+)$",
                                             lambda m: m[1] + r.choice(["Put differently: " + m[2], "Most of them say so.", m[2].rstrip(".")])),
    "blank lines": lambda t, r: _spot(t, r, r"^(  - id: .+|(?:segment|wave|people): .+)$", lambda m: "\n" * r.randint(1, 3) + m[0]),
    "trailing spaces": lambda t, r: _spot(t, r, r"^( +(?:people|base|facet|kind|case|source): \S+)$", lambda m: m[0] + " " * r.randint(1, 4)),
    "quoting style": lambda t, r: _spot(t, r, r"^( *(?:facet|source|case|segment|name|kind|strength): )([\w -]+)$",
                                        lambda m: m[1] + r.choice([f"'{m[2]}'", f'"{m[2]}"'])),
    "date without quotes": lambda t, r: _spot(t, r, r"'(\d{4}-\d\d-\d\d)'", lambda m: m[1]),
    "decimals": lambda t, r: _spot(t, r, r"^( +(?:share|low|high|rest): 0\.\d+)$", lambda m: m[0] + "0" * r.randint(1, 3)),
    "what others say left out": lambda t, r: _spot(t, r, r"^    unlike:\n(?:      - .*\n(?: {8}.*\n)+)+", lambda m: ""),
    "one of several quotes left out": lambda t, r: _as_strong(t, _spot(
        t, r, r"^(      - kind: quote\n(?: {8}.*\n)+?)(?=      - kind: quote\n {8}quote: \|-\n.*\n(?: {8}.*\n)*? {8}case: P)", lambda m: "")),
    "notes": lambda t, r: _spot(t, r, r"^notes: \|-\n  .+$", lambda m: m[0] + " Talk to two more of them: soon.") or _spot(
        t, r, r"^(name: .+)$", lambda m: m[0] + "\nnotes: |-\n  Talk to two more of them: soon."),
}


def campaign(study: Study, personas: list[Persona], kinds: dict[str, Edit], n: int, seed: int) -> tuple[Counter[str], list[tuple[str, str]]]:
    "Apply n random changes, each to a fresh file; return how many of each kind and those (kind, line) after which `check` found no error. Kinds take turns."
    rng, done, quiet = random.Random(seed), Counter[str](), []
    with tempfile.TemporaryDirectory() as folder:
        files = write_personas(personas, folder)
        texts = {file: file.read_text("utf-8") for file in files}
        file_of, names = list(files), list(kinds)
        while sum(done.values()) < n:
            kind, file = names[sum(done.values()) % len(names)], rng.choice(file_of)
            changed = kinds[kind](texts[file], rng)
            if changed is None or changed == texts[file]: continue
            file.write_text(changed, "utf-8")
            done[kind] += 1
            if not check(study, personas=file, today=TODAY, config={})["level"].eq("error").any():
                line = next((b for a, b in zip(texts[file].splitlines(), changed.splitlines()) if a != b), "?")
                quiet.append((kind, f"{file.name}: {line.strip()}"))
            file.write_text(texts[file], "utf-8")
    return done, quiet


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from test_checks import made_sample, truth_drafts

    damages, edits, seed = (int(a) for a in (*sys.argv[1:4], *("200", "200", "0")[len(sys.argv) - 1:]))
    sample = made_sample()
    drafts = truth_drafts(sample)
    done, quiet = campaign(sample, drafts, DAMAGES, damages, seed)
    print(f"{sum(done.values())} damages of {len(done)} kinds, {sum(done.values()) - len(quiet)} caught", *quiet, sep="\n  ")
    done, quiet = campaign(sample, drafts, HARMLESS, edits, seed)
    print(f"{sum(done.values())} harmless edits of {len(done)} kinds, {sum(done.values()) - len(quiet)} called an error",
        *sorted((done - Counter(kind for kind, _ in quiet)).items()), sep="\n  ")
