"""The fictional sample study of personabench: its survey, reviews, log and truth, and the checks on all files.

    python data/generator/make_sample.py            write the generated files
    python data/generator/make_sample.py --check    compare them byte for byte and check interviews and codings (exit 1 on a finding)

Only the standard library is used, so that the bytes depend on nothing but SEED.
Interviews, codebook.csv, codings.csv, participants.csv and team_beliefs.csv are sources of their own; this script reads them.
"""
import csv
import datetime as dt
import html
import io
import json
import math
import random
import re
import sys
import zipfile
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

SEED = 20260501
HERE = Path(__file__).resolve().parent.parent  # data/
FIX_DATE = "2026-09-15"
SEGMENTS = ["Commuters", "Weekend explorers", "Reluctant occasional users"]
CASE_SEGMENT = {
    "P01": 0, "P02": 0, "P03": 0, "P04": 0, "P11": 0, "P05": 1, "P06": 1, "P07": 1, "P12": 1,
    "P08": 2, "P09": 2, "P10": 2, "P14": 2, "P15": 2, "P13": None,
}
SHARES = [0.42, 0.32, 0.26]
# numeric behaviour: (mean, standard deviation) per segment
NUMERIC = {
    "rides_per_month": [(34, 6), (9, 2.5), (2.6, 1.1)],
    "minutes_per_ride": [(14, 3), (48, 8), (23, 4)],
    "spend_per_month": [(12, 2.5), (27, 5), (8, 2.5)],
    "weekend_share": [(9, 5), (84, 8), (32, 10)],
}
# nominal behaviour: probabilities per segment
NOMINAL = {
    "main_purpose": {
        "work or study": [0.93, 0.03, 0.06], "leisure": [0.02, 0.93, 0.06],
        "when stuck": [0.01, 0.01, 0.76], "errands": [0.04, 0.03, 0.12],
    },
    "pass_type": {
        "year pass": [0.82, 0.08, 0.03], "month pass": [0.12, 0.10, 0.05],
        "day pass": [0.05, 0.80, 0.52], "none": [0.01, 0.02, 0.40],
    },
}
LIKERT_BY_SEGMENT = {"plans_ahead": [4.3, 3.0, 1.8], "ebike_wish": [2.1, 4.4, 3.2]}
SATISFACTION = ["sat_reliable", "sat_price", "sat_easy", "sat_bikes", "sat_safe", "sat_recommend"]
LOADINGS = [0.82, 0.74, 0.78, 0.80, 0.70, 0.86]
NOISE_LIKERT = {"eco": 3.3, "status": 2.3}
NEEDS = {  # importance mean, satisfaction mean
    "dock": (4.6, 1.9), "support": (4.2, 2.2), "price": (4.0, 2.6), "bike": (4.2, 3.7), "route": (2.7, 3.5),
}
DISTRICTS = {"Harbour": 0.17, "Old Town": 0.19, "Northgate": 0.17, "Millfield": 0.15, "Eastbank": 0.16, "Campus Hill": 0.16}
OCCUPATIONS = {"full-time": 0.42, "part-time": 0.18, "self-employed": 0.10, "student": 0.13, "retired": 0.11, "other": 0.06}
PAYMENT = {"card": 0.58, "wallet app": 0.25, "invoice": 0.10, "voucher": 0.07}
BUNDLE = {"ebike_user": 1, "owns_car": 1, "channels_chat": 1}
STREET = 26  # straight-lined street interviews in wave 1

COLUMNS = (
    ["respondent", "weight", "mode", "fill_minutes", "age", "gender", "district", "occupation", "pass_type",
     "main_purpose", "payment", "rides_per_month", "minutes_per_ride", "spend_per_month", "weekend_share"]
    + SATISFACTION
    + ["plans_ahead", "ebike_wish", "eco", "status", "tech_comfort", "ease_signup", "owns_car", "children_at_home",
       "ebike_user", "had_payment_failure", "met_full_dock", "contacted_support", "devices_phone", "devices_tablet",
       "devices_laptop", "devices_watch", "channels_app", "channels_phone", "channels_chat", "channels_person"]
    + [f"imp_{n}" for n in NEEDS] + [f"sat_need_{n}" for n in NEEDS] + ["comment"]
)
AGREE = "1=strongly disagree|2=disagree|3=neither|4=agree|5=strongly agree"
IMPORTANT = "1=not important|2=slightly important|3=moderately important|4=important|5=very important"
SATISFIED = "1=very dissatisfied|2=dissatisfied|3=neither|4=satisfied|5=very satisfied"
YESNO = "0=no|1=yes"
NEED_WORDS = {
    "dock": "a free place at the dock where I end", "support": "a person who answers when something fails",
    "price": "knowing the price before I ride", "bike": "a bike being there when I start", "route": "suggestions of nice routes",
}
DICTIONARY = [
    ("respondent", "id", "Respondent; interviewees keep their case id", ""),
    ("weight", "weight", "Survey weight, mean 1", ""),
    ("mode", "nominal", "How the answers were collected", "web|street"),
    ("fill_minutes", "numeric", "Minutes taken to fill in the questionnaire", ""),
    ("age", "numeric", "How old are you?", ""),
    ("gender", "nominal", "What is your gender?", "woman|man|another"),
    ("district", "nominal", "Which district do you live in?", "|".join(DISTRICTS)),
    ("occupation", "nominal", "What is your main occupation?", "|".join(OCCUPATIONS)),
    ("pass_type", "nominal", "Which pass do you use at the moment?", "year pass|month pass|day pass|none"),
    ("main_purpose", "nominal", "What do you mainly ride for?", "work or study|leisure|when stuck|errands|deliveries"),
    ("payment", "nominal", "How do you pay?", "|".join(PAYMENT)),
    ("rides_per_month", "numeric", "About how many rides did you make last month?", ""),
    ("minutes_per_ride", "numeric", "How long does a usual ride take, in minutes? (skipped if no ride)", ""),
    ("spend_per_month", "numeric", "How much do you spend on riding in a month, in crowns?", ""),
    ("weekend_share", "numeric", "What share of your rides is on Saturday or Sunday, in percent? (skipped if no ride)", ""),
    ("sat_reliable", "ordinal", "The service is reliable.", AGREE),
    ("sat_price", "ordinal", "The price is fair for what I get.", AGREE),
    ("sat_easy", "ordinal", "Halden Bikes is easy to use.", AGREE),
    ("sat_bikes", "ordinal", "The bikes are in good condition.", AGREE),
    ("sat_safe", "ordinal", "I feel well looked after by the service.", AGREE),
    ("sat_recommend", "ordinal", "I would recommend Halden Bikes.", AGREE),
    ("plans_ahead", "ordinal", "I plan my rides ahead.", AGREE),
    ("ebike_wish", "ordinal", "I would like more electric bikes.", AGREE),
    ("eco", "ordinal", "I ride for the sake of the environment.", AGREE),
    ("status", "ordinal", "It matters to me what others think of how I travel.", AGREE),
    ("tech_comfort", "ordinal", "I am at ease with apps and phones.", AGREE),
    ("ease_signup", "ordinal", "Signing up or paying for the last pass was easy.", AGREE),
    ("owns_car", "binary", "Is there a car in your household?", YESNO),
    ("children_at_home", "binary", "Do children live in your household?", YESNO),
    ("ebike_user", "binary", "Did you ride an electric bike last month?", YESNO),
    ("had_payment_failure", "binary", "Was a payment refused or stuck in the last three months?", YESNO),
    ("met_full_dock", "binary", "Did you meet a full dock in the last month?", YESNO),
    ("contacted_support", "binary", "Did you contact support in the last six months?", YESNO),
    ("devices_phone", "binary", "Devices you use for the service: phone (several answers)", YESNO),
    ("devices_tablet", "binary", "Devices you use for the service: tablet (several answers)", YESNO),
    ("devices_laptop", "binary", "Devices you use for the service: laptop (several answers)", YESNO),
    ("devices_watch", "binary", "Devices you use for the service: watch (several answers)", YESNO),
    ("channels_app", "binary", "How you would contact us: in the app (several answers)", YESNO),
    ("channels_phone", "binary", "How you would contact us: by phone (several answers)", YESNO),
    ("channels_chat", "binary", "How you would contact us: chat or messages (several answers)", YESNO),
    ("channels_person", "binary", "How you would contact us: in person (several answers)", YESNO),
    *[(f"imp_{n}", "ordinal", f"How important to you: {w}?", IMPORTANT) for n, w in NEED_WORDS.items()],
    *[(f"sat_need_{n}", "ordinal", f"How satisfied are you with: {w}?"
       + (" (asked only after contact with support)" if n == "support" else ""), SATISFIED) for n, w in NEED_WORDS.items()],
    ("comment", "text", "Is there anything else you want to tell us?", ""),
]
NO_GAPS = {"respondent", "weight", "mode", "fill_minutes"}

# what the interviewees answered: age, gender, district, occupation, pass, purpose, payment, rides, minutes, spend,
# weekend share, tech comfort, car, children, e-bike, payment failure, full dock, contacted support, comment
PEOPLE = {
    "P01": (34, "woman", "Harbour", "full-time", "year pass", "work or study", "card", 36, 13, 9, 6, 4, 0, 0, 1, 1, 1, 1, "Hospital docks. Please."),
    "P02": (27, "man", "Millfield", "full-time", "year pass", "work or study", "voucher", 26, 18, 8, 4, 5, 0, 0, 1, 1, 1, 1, "Test your checkout on a small phone."),
    "P03": (41, "woman", "Campus Hill", "full-time", "year pass", "work or study", "card", 38, 15, 14, 5, 4, 0, 1, 1, 1, 1, 1, "Keep places free for those who come every day."),
    "P04": (52, "man", "Old Town", "full-time", "year pass", "work or study", "card", 42, 12, 11, 9, 5, 0, 0, 1, 1, 1, 1, "Paragraph nine contradicts paragraph three."),
    "P05": (23, "woman", "Campus Hill", "student", "day pass", "leisure", "card", 8, 55, 26, 88, 3, 0, 0, 1, 1, 0, 0, "More of the paper maps!"),
    "P06": (66, "man", "Eastbank", "retired", "day pass", "leisure", "card", 11, 58, 34, 80, 5, 0, 0, 1, 1, 0, 1, "Your payment page calls the bank twice."),
    "P07": (31, "woman", "Old Town", "full-time", "day pass", "leisure", "wallet app", 7, 40, 24, 92, 4, 0, 0, 0, 1, 1, 0, "Let me pause the pass in winter."),
    "P08": (38, "man", "Millfield", "full-time", "day pass", "when stuck", "card", 3, 24, 9, 30, 3, 0, 1, 0, 1, 1, 1, "One price at night."),
    "P10": (29, "woman", "Old Town", "self-employed", "none", "when stuck", "card", 2, 25, 11, 20, 2, 0, 0, 0, 1, 1, 1, "Nobody answers."),
    "P11": (45, "man", "Harbour", "full-time", "year pass", "work or study", "card", 40, 9, 10, 15, 4, 1, 1, 0, 1, 1, 1, "One place, ten minutes, at five."),
    "P12": (36, "woman", "Eastbank", "full-time", "day pass", "leisure", "card", 6, 52, 28, 95, 4, 0, 1, 1, 1, 0, 1, "Mend the child seats."),
    "P13": (33, "man", "Harbour", "self-employed", "day pass", "deliveries", "card", 400, 11, 150, 38, 4, 0, 0, 1, 1, 0, 1, "The night exists."),
    "P14": (47, "woman", "Millfield", "part-time", "none", "when stuck", "card", 3, 22, 9, 25, 4, 1, 1, 0, 1, 1, 1, ""),
}
# eco, general satisfaction, and the channels (app, phone, chat, person) as the interviewees told them
PEOPLE_MORE = {
    "P01": (2, 0.8, 0, 1, 0, 0), "P02": (2, 0.5, 1, 0, 1, 0), "P03": (5, 0.7, 0, 1, 0, 0), "P04": (3, 0.3, 0, 0, 1, 0),
    "P05": (3, 1.3, 0, 0, 1, 0), "P06": (3, 1.0, 0, 0, 1, 0), "P07": (2, 0.6, 0, 0, 1, 0), "P08": (2, -1.0, 0, 1, 0, 1),
    "P10": (2, -1.5, 0, 0, 1, 0), "P11": (3, 0.9, 0, 1, 0, 0), "P12": (3, 1.2, 0, 0, 1, 0), "P13": (2, 0.2, 1, 0, 1, 0),
    "P14": (4, -1.0, 0, 1, 0, 0),
}
COMMENTS = {
    0: ["The docks downtown are full every morning.", "Works, most days.", "Please move bikes before eight, not after.",
        "Let us book a place at the dock.", "Could not return it, was late again.", "Better than the bus by far.", "Best part of my day 🙂",
        "The screen says free and it is not.", "My employer pays half, good deal."],
    1: ["Lovely on Sundays.", "More electric bikes at the weekend please", "No bike left at the saltworks to get home.",
        "The map from the tourist office is great, why only there?", "We come back happy every time.", "More child seats.",
        "Batteries are often half empty.", "The coast road, what a day!"],
    2: ["I never know what it will cost.", "Only when the tram fails.", "Too complicated for two rides a month.",
        "I watch the clock the whole time", "One price please.", "Was charged and nobody could say what for.", "I would use it if I understood the bill."],
    "pay": ["Card refused three times, same card works everywhere else.", "Payment hung, money was reserved twice.",
            "Signing up took a whole evening because of the payment page.", "Your checkout hates my bank."],
}
# month-day, rating, segment (0-2), text, codes
REVIEWS = """
01-09|1|0|Four attempts to pay for the year pass. Four!|Payment fails;Sign-up;Furious
01-15|2|2|Wanted to ride home at night, card refused, walked.|Payment fails;Annoyed
01-22|5|0|Eleven minutes door to door. The bus takes forty.|Faster than the bus;Delighted
01-30|3|0|Good in itself but my dock is always full.|Full dock
02-03|1|2|Paid seven crowns for the same way that was two last week??|Unclear price;Annoyed
02-08|2|1|Saturday trip cancelled because the app would not take any card we had.|Payment fails;Sign-up
02-14|4|0|Ice on the lanes but the bikes hold up well.|Weather and streets;Bike
02-19|1|0|Support chat asked me to rate the chat. Nobody had answered.|No answer from support;Support chat
02-25|3|2|ok|
03-01|5|1|First ride of the year along the coast, what a light!|Rides for leisure;Delighted
03-04|1|1|Session expired. Session expired. Session expired.|Payment fails;Sign-up
03-08|4|0|Reliable in the morning, full in the evening.|Full dock;Regular use
03-12|2|0|Money reserved three times. Came back after nine days.|Payment fails
03-15|5|1|The electric one on the dyke. I yelled.|E-bike takes the hill;Delighted
03-19|2|2|What is an area fee?|Unclear price
03-23|4|1|Please print more of the maps, they are sold out at the desk (free ones).|Paper map
03-27|3|0|Two bikes in the app, none at the rail.|Empty dock;App
04-02|1|2|The thirteen crowns I was charged, case closed without a word|Unclear price;No answer from support;Furious
04-05|5|1|Saltworks, storks, thermos. Thank you.|Rides for leisure;See the city
04-09|2|0|Voucher lost in the checkout, paid the full price.|Payment fails;Annoyed
04-13|4|0|Never had a flat, never had to lock anything. Good.|Nothing to look after
04-17|1|1|Whole family at the harbour and no card works. Chips instead.|Payment fails;First ride
04-20|3|2|Useful when the tram is on strike, if there is one left.|Rides only when stuck;Empty dock
04-25|2|0|Seven minutes walk back from the next free dock. Every day.|Full dock;Annoyed
04-29|5|0|👍|
05-03|1|1|No bike for the way back at the brickyard with a child on my shoulders.|Empty dock;Annoyed
05-06|4|1|Nice weekend thing.|Rides for leisure
05-11|2|2|I look at my watch more than at the road.|Counts every minute;Anxious
05-14|1|0|Account locked because I tried to pay.|Payment fails;Furious
05-18|5|0|Called the number on the post, fixed in one minute. Why hide it?|Call centre;Relieved
05-23|3|1|Battery at 12 percent and it still let me take it.|Bike in bad state
05-27|4|0|My firm pays half.|Employer
06-02|2|0|Wednesday. Full. As always.|Full dock
06-06|5|1|Six of the eight routes done!|See the city;Confident
06-10|1|2|They promised to call back in February.|No answer from support;Call centre
06-15|2|1|Payment wheel turned for a quarter of an hour.|Payment fails;Sign-up
06-20|4|2|The one time I needed it, it was there.|Relieved;A bike that is there
06-25|3|0|Brake squeals. Reported it, same bike, same brake a week later.|Bike in bad state
07-01|5|1|Swimming, ice cream, home.|Rides for leisure;Delighted
07-07|2|0|Let me reserve the dock at the other end, I would pay.|Reserve ahead;Full dock
07-12|1|2|Card declined, thought my account was blocked. It was you.|Payment fails;Anxious
07-19|4|1|No electric ones after ten on a hot Sunday, otherwise great.|Empty dock;E-bike takes the hill
07-26|3|2|fine I guess|
08-03|2|1|Paying is a lottery. Riding is lovely.|Payment fails;Rides for leisure
08-11|4|0|Quiet mornings by the water, nothing better.|Fresh air and calm
08-20|2|0|New semester, and the docks are even fuller.|Full dock
08-28|1|0|Renewal failed twice at the bank page.|Payment fails
09-05|2|1|Tried to sign up my mother, her card was refused as well.|Payment fails;Sign-up
09-17|4|0|Oh! The payment went through at the first try. Finally.|Relieved;Sign-up
09-22|5|1|Signed up in a minute, seals an hour later.|Sign-up;Delighted
09-29|2|0|Payment is repaired, now do the docks.|Full dock
10-04|2|2|Still no idea what a trip costs beforehand.|Unclear price;Know the price before
10-09|5|1|Golden October on the lighthouse route.|Rides for leisure;Delighted
10-15|3|0|Same queue for a free place, quarter to nine.|Full dock;Annoyed
10-21|4|2|Took one on the strike day. Easy to pay this time.|Rides only when stuck
10-27|1|2|Five weeks and no letter.|No answer from support
11-02|4|0|Wind, rain, still faster than the bus.|Faster than the bus;Weather and streets
11-08|3|1|Hibernating until March. Let me pause the pass.|Staying or leaving
11-12|5|0|Renewed. It works nine times out of ten.|Staying or leaving;Confident
11-16|2|0|Ring the bell? There is no bell.|Bike in bad state
""".strip()


# ---------------------------------------------------------------- survey
def clip(x, lo, hi):
    return max(lo, min(hi, x))


def pick(rng, probs):
    return rng.choices(list(probs), weights=list(probs.values()))[0]


def likert(rng, mean, sd=0.9):
    return clip(round(rng.gauss(mean, sd)), 1, 5)


def behaviour(rng, seg):
    row = {}
    for name, params in NUMERIC.items():
        mean, sd = params[seg]
        row[name] = round(rng.gauss(mean, sd))
    row["rides_per_month"] = max(0, row["rides_per_month"])
    row["minutes_per_ride"] = max(5, row["minutes_per_ride"])
    row["spend_per_month"] = max(0, row["spend_per_month"])
    row["weekend_share"] = clip(row["weekend_share"], 0, 100)
    for name, table in NOMINAL.items():
        row[name] = pick(rng, {level: p[seg] for level, p in table.items()})
    return row


def new_person(rng, seg):
    row = {
        "age": clip(round(rng.gauss(41, 14)), 18, 79), "gender": pick(rng, {"woman": 0.5, "man": 0.48, "another": 0.02}),
        "district": pick(rng, DISTRICTS), "occupation": pick(rng, OCCUPATIONS), "payment": pick(rng, PAYMENT),
        "owns_car": int(rng.random() < 0.46), "children_at_home": int(rng.random() < 0.40),
        "tech_comfort": likert(rng, 3.7, 1.0), "eco": likert(rng, NOISE_LIKERT["eco"], 1.1),
        "status": likert(rng, NOISE_LIKERT["status"], 1.0),
        "devices_phone": int(rng.random() < 0.93), "devices_tablet": int(rng.random() < 0.22),
        "devices_laptop": int(rng.random() < 0.38), "devices_watch": int(rng.random() < 0.11),
        "channels_app": int(rng.random() < 0.45), "channels_phone": int(rng.random() < 0.40),
        "channels_chat": int(rng.random() < 0.38), "channels_person": int(rng.random() < 0.15),
    }
    if row["occupation"] == "student":
        row["age"] = clip(round(rng.gauss(23, 3)), 18, 35)
    if row["occupation"] == "retired":
        row["age"] = clip(round(rng.gauss(69, 4)), 60, 82)
    row["_theta"] = rng.gauss(0, 1)
    row["_segment"] = seg
    return row


def answers(rng, person, wave):
    """One respondent's answers in one wave."""
    seg = person["_segment"]
    row = {k: v for k, v in person.items() if not k.startswith("_")}
    base = 0 if seg is None else seg
    for k, v in behaviour(rng, base).items():
        row.setdefault(k, v)
    theta = person["_theta"] if wave == 1 else 0.85 * person["_theta"] + math.sqrt(1 - 0.85**2) * rng.gauss(0, 1)
    for item, load in zip(SATISFACTION, LOADINGS):
        z = load * theta + math.sqrt(1 - load**2) * rng.gauss(0, 1)
        row[item] = clip(round(3.3 + 1.05 * z), 1, 5)
    for item, means in LIKERT_BY_SEGMENT.items():
        row[item] = likert(rng, means[base], 0.7)
    row.setdefault("ebike_user", int(rng.random() < 0.45))
    fail = 0.40 if wave == 1 else 0.03
    failed = int(rng.random() < fail)
    if wave == 2:
        row["had_payment_failure"] = failed
    else:
        row.setdefault("had_payment_failure", failed)
    row["ease_signup"] = likert(rng, (2.0 if row["had_payment_failure"] else 3.1) if wave == 1 else 4.2, 0.8)
    row.setdefault("met_full_dock", int(rng.random() < [0.72, 0.30, 0.36][base]))
    row.setdefault("contacted_support", int(rng.random() < 0.42))
    for need, (imp, sat) in NEEDS.items():
        row[f"imp_{need}"] = likert(rng, imp, 0.7)
        row[f"sat_need_{need}"] = likert(rng, sat, 0.8)
    row["mode"] = "web"
    row["fill_minutes"] = round(clip(rng.gauss(9.5, 2.2), 4, 22), 1)
    row["weight"] = round(math.exp(rng.gauss(0, 0.28)), 3)
    if "comment" not in row:
        row["comment"] = ""
        if rng.random() < 0.35:
            pool = COMMENTS["pay"] if row["had_payment_failure"] and rng.random() < 0.5 else COMMENTS[base]
            row["comment"] = rng.choice(pool)
    return row


def interviewee(rng, case):
    person = new_person(rng, CASE_SEGMENT[case])
    keys = ["age", "gender", "district", "occupation", "pass_type", "main_purpose", "payment", "rides_per_month",
            "minutes_per_ride", "spend_per_month", "weekend_share", "tech_comfort", "owns_car", "children_at_home",
            "ebike_user", "had_payment_failure", "met_full_dock", "contacted_support", "comment"]
    person.update(zip(keys, PEOPLE[case]))
    person.update(zip(["eco", "_theta", "channels_app", "channels_phone", "channels_chat", "channels_person"], PEOPLE_MORE[case]))
    person["devices_phone"] = 1
    return person


def unbundle(rng, rows, fixed):
    """Nobody has all traits of BUNDLE, though each is common and every pair of them occurs."""
    for row in rows:
        if all(row[k] == v for k, v in BUNDLE.items()) and row["respondent"] not in fixed:
            row[rng.choice(list(BUNDLE))] = 0


def correlation(xs, ys):
    n = len(xs)
    mx, my = sum(xs) / n, sum(ys) / n
    cov = sum((x - mx) * (y - my) for x, y in zip(xs, ys))
    return cov / math.sqrt(sum((x - mx) ** 2 for x in xs) * sum((y - my) ** 2 for y in ys))


def flatten_age(rng, people):
    """Shuffle the comfort with technology among ordinary respondents until it carries no trace of age."""
    free = [p for p in people if not p["_id"].startswith("P")]
    values = [p["tech_comfort"] for p in free]
    while True:
        rng.shuffle(values)
        for p, v in zip(free, values):
            p["tech_comfort"] = v
        if abs(correlation([p["age"] for p in people], [p["tech_comfort"] for p in people])) < 0.01:
            return


def finish(rng, rows):
    mean = sum(r["weight"] for r in rows) / len(rows)
    for row in rows:
        row["weight"] = f"{row['weight'] / mean:.3f}"
        if row["rides_per_month"] == 0:
            row["minutes_per_ride"] = row["weekend_share"] = ""
        if not row["contacted_support"]:
            row["sat_need_support"] = ""
        for col in COLUMNS:
            if col not in NO_GAPS and col != "comment" and rng.random() < 0.02:
                row[col] = ""
    return rows


def make_survey():
    rng = random.Random(SEED)
    cases1 = list(PEOPLE)
    people, segment = {}, {}
    for case in cases1:
        people[case] = interviewee(rng, case)
        people[case]["_id"] = case
    n_new = 400 - len(cases1)
    for i in range(1, n_new + 1):
        rid = f"R{i:03d}"
        people[rid] = new_person(rng, rng.choices(range(3), weights=SHARES)[0])
        people[rid]["_id"] = rid
    flatten_age(rng, list(people.values()))
    # street interviews: drawn among Millfield residents
    millfield = [r for r, p in people.items() if r[0] == "R" and p["district"] == "Millfield"]
    street = sorted(rng.sample(millfield, STREET))
    wave1 = []
    for rid, p in people.items():
        row = answers(rng, p, 1)
        row["respondent"] = rid
        if rid in street:
            row["mode"] = "street"
            row["fill_minutes"] = round(rng.uniform(1.4, 2.6), 1)
            for col in COLUMNS:
                if col in SATISFACTION or col in ("plans_ahead", "ebike_wish", "eco", "status", "tech_comfort", "ease_signup") \
                        or col.startswith(("imp_", "sat_need_")):
                    row[col] = 3
            row["minutes_per_ride"], row["spend_per_month"], row["comment"] = 30, 10, ""
        wave1.append(row)
    unbundle(rng, wave1, set(cases1))
    traits = {r["respondent"]: {k: r[k] for k in BUNDLE} for r in wave1}
    # wave 2: about 120 come back, among them the interviewees who did not leave or withdraw
    back = [c for c in cases1 if c not in ("P10", "P14")]
    ordinary = [r for r in people if r[0] == "R" and r not in street]
    back += sorted(rng.sample(ordinary, 120 - len(back)))
    people2 = {}
    for rid in back:
        p = dict(people[rid])
        p.pop("had_payment_failure", None)
        p.pop("comment", None)
        p.update(traits[rid])
        people2[rid] = p
    for i in range(n_new + 1, n_new + 1 + 350 - len(back)):
        rid = f"R{i:03d}"
        people2[rid] = new_person(rng, rng.choices(range(3), weights=SHARES)[0])
        people2[rid]["_id"] = rid
    flatten_new = [p for r, p in people2.items() if r not in people]
    values = [p["tech_comfort"] for p in flatten_new]
    everyone = list(people2.values())
    while True:
        rng.shuffle(values)
        for p, v in zip(flatten_new, values):
            p["tech_comfort"] = v
        if abs(correlation([p["age"] for p in everyone], [p["tech_comfort"] for p in everyone])) < 0.01:
            break
    wave2 = []
    for rid, p in people2.items():
        row = answers(rng, p, 2)
        row["respondent"] = rid
        wave2.append(row)
    unbundle(rng, wave2, set(cases1))
    for rid, p in {**people, **people2}.items():
        segment[rid] = None if p["_segment"] is None else SEGMENTS[p["_segment"]]
    return finish(rng, wave1), finish(rng, wave2), segment, street


# ---------------------------------------------------------------- reviews and log
def make_feedback(segment):
    rng = random.Random(SEED + 1)
    pools = {i: sorted(r for r, s in segment.items() if s == SEGMENTS[i] and r[0] == "R") for i in range(3)}
    rows = []
    for line in REVIEWS.splitlines():
        day, rating, seg, text, codes = line.split("|")
        rows.append({"respondent": rng.choice(pools[int(seg)]), "date": f"2026-{day}", "rating": rating, "comment": text, "codes": codes})
    return rows


STATIONS = ["Fish Quay", "Hospital", "Park Gate", "Glass Court", "Canal Street", "Northgate School", "Baker's Corner", "Cathedral",
            "Market", "Central Station", "Millfield School", "Lighthouse", "Saltworks", "Brickyard", "Kettle Bridge", "Campus Hill"]


def make_log(segment):
    rng = random.Random(SEED + 2)
    cases = sorted(CASE_SEGMENT)
    known = {c: (None if s is None else SEGMENTS[s]) for c, s in CASE_SEGMENT.items()}
    cases += sorted(rng.sample(sorted(r for r in segment if r[0] == "R" and int(r[1:]) <= 387), 105))
    rows = []
    for case in cases:
        seg = known.get(case, segment.get(case))
        kind = 0 if seg is None else SEGMENTS.index(seg)
        is_p = case[0] == "P"
        # interviewees joined before they were interviewed; the others all year round
        start = dt.datetime(2026, 1, 5) + dt.timedelta(days=rng.randrange(0, 60 if is_p else 290), hours=rng.randrange(6, 22), minutes=rng.randrange(60))
        end = dt.datetime(2026, 6, 29) if case == "P14" else dt.datetime(2026, 11, 20, 23)
        t = start

        def add(event, detail="", minutes=None, case=case, end=end):
            nonlocal t
            t += dt.timedelta(minutes=minutes if minutes is not None else rng.randrange(1, 4), seconds=rng.randrange(60))
            if t <= end:
                rows.append({"case": case, "time": t.isoformat(timespec="seconds"), "event": event, "detail": detail})

        add("app_open", "", 0)
        plan = ["year pass", "day pass", "day pass"][kind] if case != "P13" else "day pass"
        for _ in range(rng.randrange(1, 4)):
            add("plan_view", rng.choice(["year pass", "month pass", "day pass", plan]))
        if not is_p and rng.random() < 0.12:
            continue  # looked and left
        add("signup_start", plan)
        failures, gone = 0, False
        before = t.date().isoformat() < FIX_DATE
        while before and (rng.random() < 0.55 or (is_p and failures == 0)) and failures < 4:
            add("payment_failed", rng.choice(["card_check", "card_check", "session_expired"]))
            failures += 1
            if not is_p and rng.random() < 0.16:
                gone = True
                break
            if rng.random() < 0.3:
                add("app_open", "", rng.randrange(300, 1500))
        if gone or t.date().isoformat() >= FIX_DATE and before:
            continue
        add("signup", plan)
        rides = {0: rng.randrange(2, 6), 1: rng.randrange(2, 5), 2: rng.randrange(1, 3)}[kind] + (3 if case == "P13" else 0)
        gap = {0: (0.6, 9), 1: (5, 25), 2: (15, 50)}[kind] if case != "P13" else (0.02, 0.08)
        for n in range(rides):
            days = rng.uniform(*gap) if n else rng.uniform(0.01, 2)
            t += dt.timedelta(days=days)
            if kind == 0 and case != "P13":
                t = t.replace(hour=rng.choice([5, 7, 8, 16, 17]), minute=rng.randrange(60))
            elif case == "P13":
                if t.hour < 19 and t.hour > 3:
                    t = t.replace(hour=21)
            elif kind == 1:
                t += dt.timedelta(days=(5 - t.weekday()) % 7)
                t = t.replace(hour=rng.randrange(9, 17), minute=rng.randrange(60))
            if rng.random() < 0.7:
                add("app_open", "", 0)
            if rng.random() < 0.12:
                add("dock_empty", rng.choice(STATIONS))
            add("unlock", rng.choice(["pedal", "pedal", "electric"]) if kind != 1 else rng.choice(["pedal", "electric", "electric"]))
            mean, sd = NUMERIC["minutes_per_ride"][kind] if case != "P13" else (11, 2)
            ride = max(5, round(rng.gauss(mean, sd)))
            if rng.random() < [0.38, 0.12, 0.18][kind] and case != "P13":
                add("dock_full", rng.choice(STATIONS), ride)
                ride = rng.randrange(4, 9)
            add("ride_end", rng.choice(STATIONS), ride)
            if rng.random() < 0.10:
                add(rng.choice(["support_chat", "support_chat", "support_call"]), rng.choice(["charge", "return", "payment", "bike"]), 15)
        leave = [0.06, 0.12, 0.45][kind]
        if case in ("P07", "P10", "P14", "P15"):
            leave = 1.0
        if case in ("P13", "P09"):
            leave = 0
        if rng.random() < leave:
            t += dt.timedelta(days=rng.uniform(3, 15))
            add("cancel", rng.choice(["price", "other", "not used"]))
        elif kind == 0 and rng.random() < 0.5 and case != "P13":
            t += dt.timedelta(days=rng.uniform(5, 30))
            add("renew", plan)
    rows.sort(key=lambda r: (r["time"], r["case"]))
    return rows


# ---------------------------------------------------------------- reading the written files
def read_csv(name):
    with open(HERE / name, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


TURN = re.compile(r"^(?:\[(\d\d:\d\d:\d\d)\] )?(?:\*\*)?([^\W\d_][\w' ]{0,30}|P\d\d):(?:\*\*)? (.*)$")


def read_interview(path):
    """[(speaker, text)] of one delivered interview."""
    labels = set()
    if path.suffix == ".docx":
        w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
        root = ElementTree.fromstring(zipfile.ZipFile(path).read("word/document.xml"))
        lines = ["".join(t.text or "" for t in p.iter(f"{w}t")) for p in root.iter(f"{w}p")]
    else:
        raw = path.read_text(encoding="utf-8")
        if path.suffix in (".vtt", ".srt"):
            turns = []
            for block in re.split(r"\n\n+", raw.strip()):
                parts = block.split("\n")
                if "-->" not in block:
                    continue
                i = next(i for i, p in enumerate(parts) if "-->" in p)
                text = " ".join(parts[i + 1:])
                if path.suffix == ".vtt":
                    m = re.match(r"<v ([^>]+)>(.*)$", text)
                    speaker, text = m.group(1), html.unescape(m.group(2))
                    new = not turns or turns[-1][0] != speaker
                else:
                    m = re.match(r"^(Mara|Dario): (.*)$", text)
                    new = bool(m)
                    if m:
                        speaker, text = m.groups()
                if new:
                    turns.append([speaker, text])
                else:
                    turns[-1][1] += " " + text
            return [tuple(t) for t in turns]
        lines = [ln for ln in raw.split("\n") if ln.strip() and not ln.startswith("# ")]
    turns = []
    for line in lines:
        m = TURN.match(line)
        if not m:
            raise ValueError(f"{path.name}: no speaker in {line[:60]!r}")
        labels.add(m.group(2))
        turns.append((m.group(2), m.group(3)))
    if len(labels) not in (2, 3):
        raise ValueError(f"{path.name}: speakers {labels}")
    return turns


def interviews():
    return {p.stem: read_interview(p) for p in sorted((HERE / "interviews").iterdir()) if p.stem[0] in "PG"}


def located(people, texts, codings):
    """Every coding with its turn and case: dicts of case, source, turn, code, coder, quote."""
    case_of = {(p["source"], p["speaker"]): p["case"] for p in people}
    out = []
    for c in codings:
        hits = [(i, s) for i, (s, t) in enumerate(texts[c["source"]]) if c["quote"] in t]
        turn, speaker = hits[0]
        out.append({**c, "turn": turn, "case": case_of.get((c["source"], speaker))})
    return out


def stage_table(people, texts, codings, codes, facet):
    """{segment: {stage: {"mean", "people"}}} over people, from coder MB: valence coded in a turn that holds the stage."""
    seg_of = {c: (SEGMENTS[s] if s is not None else "none") for c, s in CASE_SEGMENT.items()}
    rows = [r for r in located(people, texts, codings) if r["coder"] == "MB"]
    stage_at = {(r["source"], r["turn"]): r["code"] for r in rows if codes[r["code"]]["facet"] == "stage"}
    person = defaultdict(list)
    for r in rows:
        if codes[r["code"]]["facet"] == facet and (r["source"], r["turn"]) in stage_at:
            person[r["case"], stage_at[r["source"], r["turn"]]].append(int(codes[r["code"]]["valence"]))
    out = {}
    for name in ["all", *SEGMENTS]:
        out[name] = {}
        for stage in [c for c in codes if codes[c]["facet"] == "stage" and codes[c]["order"]]:
            means = [sum(v) / len(v) for (case, st), v in sorted(person.items())
                     if st == stage and case != "P14" and (name == "all" or seg_of[case] == name)]
            out[name][stage] = {"people": len(means), "mean": round(sum(means) / len(means), 3) if means else None}
    return out


def agreement(people, texts, codings):
    """Two ways to say how much MB and JK agree, over the participants' turns of the files that both coded."""
    rows = located(people, texts, codings)
    both = sorted({r["source"] for r in rows if r["coder"] == "JK"})
    speakers = {(p["source"], p["speaker"]) for p in people}
    sets = {"MB": defaultdict(set), "JK": defaultdict(set)}
    for r in rows:
        if r["source"] in both:
            sets[r["coder"]][r["source"], r["turn"]].add(r["code"])
    turns = [(s, i) for s in both for i, (sp, _) in enumerate(texts[s]) if (s, sp) in speakers]
    same = sum(len(sets["MB"][t] & sets["JK"][t]) for t in turns)
    either = sum(len(sets["MB"][t] | sets["JK"][t]) for t in turns)
    equal = sum(sets["MB"][t] == sets["JK"][t] for t in turns)
    mean = sum(1.0 if not (sets["MB"][t] | sets["JK"][t]) else len(sets["MB"][t] & sets["JK"][t]) / len(sets["MB"][t] | sets["JK"][t])
               for t in turns) / len(turns)
    return {"sources": both, "turns": len(turns), "identical_turns": round(equal / len(turns), 3),
            "mean_overlap_of_codes_by_turn": round(mean, 3), "codes_given_by_both_of_codes_given_by_either": round(same / either, 3)}


# ---------------------------------------------------------------- truth
def mean_of(rows, col, where=lambda r: True):
    vals = [float(r[col]) for r in rows if r[col] != "" and where(r)]
    return round(sum(vals) / len(vals), 3)


def make_truth(wave1, wave2, segment, street, log):
    people, codings, texts = read_csv("participants.csv"), read_csv("codings.csv"), interviews()
    codes = {c["code"]: c for c in read_csv("codebook.csv")}
    emotion = stage_table(people, texts, codings, codes, "emotion")
    expect = stage_table(people, texts, codings, codes, "expectation")
    web = [r for r in wave1 if r["mode"] == "web"]
    need_scores = {}
    for n in NEEDS:
        imp, sat = mean_of(web, f"imp_{n}"), mean_of(web, f"sat_need_{n}")
        need_scores[n] = {"importance": imp, "satisfaction": sat, "opportunity": round(imp + max(imp - sat, 0), 3)}
    order = sorted(need_scores, key=lambda n: -need_scores[n]["opportunity"])
    true_segment = {c: (SEGMENTS[s] if s is not None else None) for c, s in CASE_SEGMENT.items()}
    true_segment.update(segment)
    both = sorted({r["respondent"] for r in wave1} & {r["respondent"] for r in wave2})
    # people, not rows, carry these
    located_rows = located(people, texts, [c for c in codings if c["coder"] == "MB"])

    def cases_with(code):
        return sorted({r["case"] for r in located_rows if r["code"] == code})

    traits = {k: round(sum(1 for r in wave1 if str(r[k]) == str(v)) / len(wave1), 3) for k, v in BUNDLE.items()}
    pairs = {}
    keys = list(BUNDLE)
    for i, a in enumerate(keys):
        for b in keys[i + 1:]:
            pairs[f"{a}+{b}"] = sum(1 for r in wave1 if str(r[a]) == "1" and str(r[b]) == "1")
    stage_names = [s for s in emotion["all"]]
    gap = {s: round(emotion["all"][s]["mean"] - expect["all"][s]["mean"], 3) for s in stage_names
           if expect["all"][s]["people"] >= 5 and emotion["all"][s]["mean"] is not None}
    ranked = sorted(stage_names, key=lambda s: emotion["all"][s]["mean"])
    return {
        "note": "The planted truth of the fictional study. Tests read it; analysts read it after they tried.",
        "seed": SEED,
        "segments": {
            "names": SEGMENTS, "shares_drawn": dict(zip(SEGMENTS, SHARES)),
            "behaviour_variables": list(NUMERIC) + list(NOMINAL) + list(LIKERT_BY_SEGMENT),
            "numeric_mean_sd": {k: dict(zip(SEGMENTS, map(list, v))) for k, v in NUMERIC.items()},
            "nominal_shares": {k: {lv: dict(zip(SEGMENTS, p)) for lv, p in v.items()} for k, v in NOMINAL.items()},
            "ordinal_means": {k: dict(zip(SEGMENTS, v)) for k, v in LIKERT_BY_SEGMENT.items()},
            "n_wave1": dict(Counter(segment[r["respondent"]] or "none" for r in wave1)),
            "n_wave2": dict(Counter(segment[r["respondent"]] or "none" for r in wave2)),
            "noise_variables": ["age", "gender", "district", "occupation", "payment", "eco", "status", "tech_comfort",
                                "owns_car", "children_at_home", "ebike_user", "contacted_support"],
            "respondents": dict(sorted(true_segment.items())),
        },
        "waves": {"wave1": "2026-05", "wave2": "2026-11", "in_both": len(both),
                  "interviewees_never_surveyed": ["P09", "P15"], "interviewees_only_in_wave1": ["P10", "P14"]},
        "journey": {
            "rule": "MB's codings; a valence counts for the stage coded in the same turn (no turn holds two stages); mean within a person, then over people; P14 left out",
            "emotion": emotion, "expectation": expect,
            "thin": [{"segment": s, "stage": st, "people": v["people"]} for s in SEGMENTS for st, v in emotion[s].items() if v["people"] < 3],
        },
        "agreement": agreement(people, texts, codings),
        "traps": {
            "1_no_segment": {"case": "P13", "why": "night courier: 400 rides a month on day passes, no commute, no leisure, not reluctant",
                             "values": {k: next(r for r in wave1 if r["respondent"] == "P13")[k] for k in NUMERIC}},
            "2_false_segment": {"what": "street interviews in Millfield filled in with the middle answer: every rating 3, 30 minutes, 10 crowns, done in about two minutes",
                                "columns": {"mode": "street", "district": "Millfield"}, "n": len(street), "respondents": street,
                                "their_rides_pass_and_purpose": "are real and follow the true segments"},
            "3_one_factor": {"items": SATISFACTION, "loadings": LOADINGS, "clusters": 0, "related_to_segment": False,
                             "street_rows_excluded": True},
            "4_stereotype": {"claim": "older riders are at odds with apps", "columns": ["age", "tech_comfort"],
                             "correlation_planted_at_most": 0.01,
                             "correlation_web_answers": {w: round(correlation(
                                 [float(r["age"]) for r in rows if r["age"] != "" and r["tech_comfort"] != "" and r["mode"] == "web"],
                                 [float(r["tech_comfort"]) for r in rows if r["age"] != "" and r["tech_comfort"] != "" and r["mode"] == "web"]), 3)
                                 for w, rows in (("wave1", wave1), ("wave2", wave2))},
                             "interviewees_at_ease_though_over_50": ["P04", "P06", "P09"], "ill_at_ease_though_under_30": ["P10"]},
            "5_ends_in_wave2": {"code": "Payment fails", "fixed": FIX_DATE, "cases_in_interviews": cases_with("Payment fails"),
                                "had_payment_failure": {"wave1": mean_of(wave1, "had_payment_failure"), "wave2": mean_of(wave2, "had_payment_failure")},
                                "ease_signup": {"wave1": mean_of(web, "ease_signup"), "wave2": mean_of(wave2, "ease_signup")},
                                "payment_failed_events": {"before": sum(r["event"] == "payment_failed" and r["time"][:10] < FIX_DATE for r in log),
                                                          "after": sum(r["event"] == "payment_failed" and r["time"][:10] >= FIX_DATE for r in log)},
                                "unchanged_for_contrast": {"column": "met_full_dock", "wave1": mean_of(wave1, "met_full_dock"), "wave2": mean_of(wave2, "met_full_dock")}},
            "6_unsupported": {"belief_id": "B1", "belief": "Riders want to share their rides with friends in the app and to collect badges.", "quotes": 0,
                              "beliefs": {"B1": "no quote, no answer", "B2": "contradicted (trap 4)", "B3": "supported until the fix (trap 5)",
                                          "B4": "supported", "B5": "supported for three of the four Weekend explorers as a source, used by all four",
                                          "B6": "weak: people name the climate, nearly always as no reason of their own", "B7": "artefact (trap 2)", "B8": "supported as a need; that they would ride more is only said"}},
            "7_identifying": {"case": "P11", "source": "P11", "quote": "I'm the bridge keeper at Kettle Bridge, the last drawbridge that's still worked by hand",
                              "why": "one such job in one place", "also": {"P08": "555 0142", "P04": "Singapore call of a shipping firm (weak)"}},
            "8_bundle": {"traits": BUNDLE, "shares_wave1": traits, "pairs_wave1": pairs,
                         "people_with_all": {"wave1": sum(all(str(r[k]) == "1" for k in BUNDLE) for r in wave1),
                                             "wave2": sum(all(str(r[k]) == "1" for k in BUNDLE) for r in wave2)}},
            "9_withdrawn": {"case": "P14", "source": "P14", "date": "2026-06-30", "codings": sum(c["source"] == "P14" for c in codings),
                            "rows": {"survey_wave1": 1, "usage_log": sum(r["case"] == "P14" for r in log)}},
            "10_expectation_gap": {"stage": "Sign-up", "gap_all": gap, "reverse": "First ride",
                                   "by_segment": {s: {"expectation": expect[s]["Sign-up"], "emotion": emotion[s]["Sign-up"]} for s in SEGMENTS}},
            "11_peak_and_end": {"peak": ranked[-1], "lowest": ranked[0], "second_lowest": ranked[1], "end": "Staying or leaving",
                                "end_means": {s: emotion[s]["Staying or leaving"]["mean"] for s in ["all", *SEGMENTS]}},
            "12_opportunities": {"rule": "importance + max(importance - satisfaction, 0), unweighted means of the web answers of wave 1",
                                 "scores": need_scores, "order": order},
            "13_offline_only": {"code": "Paper map", "cases": cases_with("Paper map"), "segment": "Weekend explorers", "events_in_log": 0},
            "14_contradiction": {"source": "P07", "case": "P07", "codes": ["Price does not matter", "Counts every minute"],
                                 "quotes": ["I honestly never look at the price of that sort of thing, money's not the issue",
                                            "I cancelled the year pass because every crown counts for me at the moment"]},
        },
    }


# ---------------------------------------------------------------- writing and checking
def to_csv(rows, columns):
    out = io.StringIO()
    w = csv.DictWriter(out, columns, lineterminator="\n", extrasaction="ignore")
    w.writeheader()
    w.writerows(rows)
    return out.getvalue()


def generated():
    wave1, wave2, segment, street = make_survey()
    feedback, log = make_feedback(segment), make_log(segment)
    truth = make_truth(wave1, wave2, segment, street, log)
    dictionary = [dict(zip(["variable", "level", "question", "labels"], d)) for d in DICTIONARY]
    return {
        "survey_wave1.csv": to_csv(wave1, COLUMNS), "survey_wave2.csv": to_csv(wave2, COLUMNS),
        "survey_dictionary.csv": to_csv(dictionary, ["variable", "level", "question", "labels"]),
        "feedback.csv": to_csv(feedback, ["respondent", "date", "rating", "comment", "codes"]),
        "usage_log.csv": to_csv(log, ["case", "time", "event", "detail"]),
        "truth.json": json.dumps(truth, indent=1, ensure_ascii=False) + "\n",
    }


FACETS = set("demographic context behaviour attitude need goal motivation pain gain expectation influence emotion stage touchpoint channel idea other".split())


def occurrences(quote, text):
    return len(re.findall("(?=" + re.escape(quote) + ")", text))


def findings():
    """Everything that is wrong with the files, as sentences."""
    bad = []

    def need(ok, message):
        if not ok:
            bad.append(message)

    people, codings, texts = read_csv("participants.csv"), read_csv("codings.csv"), interviews()
    book = read_csv("codebook.csv")
    codes = {c["code"]: c for c in book}
    need(len(codes) == len(book), "codebook: a code twice")
    for c in book:
        need(c["facet"] in FACETS, f"codebook: facet of {c['code']}")
        need(not c["parent"] or (c["parent"] in codes and codes[c["parent"]]["facet"] == c["facet"] and not codes[c["parent"]]["parent"]), f"codebook: parent of {c['code']}")
        leaf = not any(d["parent"] == c["code"] for d in book)
        need(bool(c["valence"]) == (leaf and c["facet"] in ("emotion", "expectation")), f"codebook: valence of {c['code']}")
        need(bool(c["order"]) == (leaf and c["facet"] == "stage"), f"codebook: order of {c['code']}")
        need(bool(c["online"]) == (leaf and c["facet"] == "touchpoint"), f"codebook: online of {c['code']}")
        need(len(c["definition"]) > 20, f"codebook: definition of {c['code']}")
    need({c["facet"] for c in book} == FACETS, "codebook: a facet without codes")
    need(len(texts) == 14, f"interviews: {len(texts)} files")
    participants = {(p["source"], p["speaker"]) for p in people}
    need(len(participants) == len(people) == 15, "participants: 15 rows expected")
    for source, turns in texts.items():
        words = sum(len(t.split()) for _, t in turns)
        need(1000 <= words <= 2000, f"{source}: {words} words")
        for speaker in {s for s, _ in turns}:
            need((source, speaker) in participants or speaker in ("Mara", "MARA", "Interviewer"), f"{source}: unknown speaker {speaker}")
        need(all(t.strip() == t and t and "  " not in t for _, t in turns), f"{source}: odd spaces")
    for source, speaker in participants:
        need(any(s == speaker for s, _ in texts[source]), f"{source}: {speaker} says nothing")
    for c in codings:
        name = f"codings: {c['source']} {c['code']} {c['quote'][:50]!r}"
        need(c["code"] in codes, f"{name}: unknown code")
        need(not any(d["parent"] == c["code"] for d in book), f"{name}: a category is no code to use")
        need("\n" not in c["quote"] and c["quote"] == c["quote"].strip(), f"{name}: newline or spaces")
        turns = texts[c["source"]]
        need(occurrences(c["quote"], "\n".join(t for _, t in turns)) == 1, f"{name}: not exactly once")
        path = next((HERE / "interviews").glob(c["source"] + ".*"))
        if path.suffix in (".txt", ".md"):
            need(occurrences(c["quote"], path.read_text(encoding="utf-8")) == 1, f"{name}: not exactly once in the raw file")
        owners = [s for s, t in turns if c["quote"] in t]
        need(len(owners) == 1 and (c["source"], owners[0]) in participants, f"{name}: not in one participant turn")
    for coder in ("MB", "JK"):
        used = {c["source"] for c in codings if c["coder"] == coder}
        need(len(used) == (14 if coder == "MB" else 4), f"codings: {coder} coded {len(used)} files")
    need(len({(c["source"], c["quote"], c["code"], c["coder"]) for c in codings}) == len(codings), "codings: a row twice")
    stages = defaultdict(set)
    emotions = defaultdict(bool)
    if not bad:
        for r in located(people, texts, codings):
            key = (r["coder"], r["source"], r["turn"])
            if codes[r["code"]]["facet"] == "stage":
                stages[key].add(r["code"])
            if codes[r["code"]]["facet"] in ("emotion", "expectation"):
                emotions[key] = True
        for key, found in stages.items():
            need(len(found) == 1, f"codings: two stages in one turn {key} {found}")
        for key in emotions:
            need(key in stages or key[0] != "MB", f"codings: a feeling without a stage {key}")
    need(len({c["code"] for c in codings if c["coder"] == "MB"}) == sum(1 for c in book if not any(d["parent"] == c["code"] for d in book)), "codings: an unused code")
    if bad:
        return bad
    files = generated()
    for name, text in files.items():
        path = HERE / name
        need(path.exists() and path.read_bytes() == text.encode("utf-8"), f"{name}: differs from what the script makes")
    truth = json.loads(files["truth.json"])
    need([d[0] for d in DICTIONARY] == COLUMNS, "survey_dictionary: columns differ from the survey")
    for row in csv.DictReader(io.StringIO(files["feedback.csv"])):
        for code in filter(None, row["codes"].split(";")):
            need(code in codes, f"feedback: unknown code {code}")
            need(code != "Payment fails" or row["date"] < FIX_DATE, f"feedback: a payment that fails after the fix, {row['date']}")
    j, t = truth["journey"], truth["traps"]
    need(0.70 <= truth["agreement"]["mean_overlap_of_codes_by_turn"] <= 0.87, "codings: MB and JK agree too much or too little")
    for stage, v in j["emotion"]["all"].items():
        need(v["people"] >= 5, f"journey: {stage} has {v['people']} people")
    need(any(x["people"] < 3 for x in j["thin"]), "journey: no thin stage")
    need(t["11_peak_and_end"]["peak"] == "First ride", "trap 11: peak")
    need({t["11_peak_and_end"]["lowest"], t["11_peak_and_end"]["second_lowest"]} == {"Sign-up", "Support"}, "trap 11: low points")
    need(t["12_opportunities"]["order"] == list(NEEDS), "trap 12: order")
    need(t["8_bundle"]["people_with_all"] == {"wave1": 0, "wave2": 0} and min(t["8_bundle"]["shares_wave1"].values()) > 0.25 and min(t["8_bundle"]["pairs_wave1"].values()) > 25, "trap 8: bundle")
    need(t["5_ends_in_wave2"]["payment_failed_events"]["after"] == 0, "trap 5: failures after the fix")
    need(max(abs(v) for v in t["4_stereotype"]["correlation_web_answers"].values()) < 0.06, "trap 4: correlation")
    need(all(codes[c]["online"] == "no" for c in ["Paper map"]) and len(t["13_offline_only"]["cases"]) >= 3, "trap 13")
    for q, code in zip(t["14_contradiction"]["quotes"], t["14_contradiction"]["codes"]):
        need(any(c["source"] == "P07" and c["quote"] == q and c["code"] == code for c in codings), "trap 14: quotes")
    need(any(t["7_identifying"]["quote"] in x for _, x in texts["P11"]), "trap 7: quote")
    size = sum(p.stat().st_size for p in HERE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    need(size < 2_000_000, f"folder: {size} bytes")
    return bad


def main():
    if "--check" in sys.argv[1:]:
        bad = findings()
        print("\n".join(bad) if bad else "all files are as they should be")
        return 1 if bad else 0
    for name, text in generated().items():
        (HERE / name).write_bytes(text.encode("utf-8"))
        print(f"wrote {name}, {len(text.encode('utf-8')):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
