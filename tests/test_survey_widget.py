"""Survey widget: the browser's messages played by hand; corrections, choices, undo, the code that repeats them, and what is saved with a notebook."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from personabench.survey import Survey, read_survey
from personabench.survey_widget import SurveyWidget


def made_survey() -> Survey:
    i = np.arange(60)
    return read_survey(pd.DataFrame({
        "easy": np.where(i % 7 == 0, 9, i % 5 + 1), "district": np.array(["Nord", "Süd", "West"])[i % 3], "often": np.array(["never", "often", "sometimes"])[i % 3],
        "age": 20.5 + i * 7 % 50, "t_R": np.where(i % 2, "R", None), "t_SQL": np.where(i % 3, None, "SQL"),
                "why": np.array(["fast;cheap", "fast", "cheap;dry", "dry"])[i % 4],
        "secret": [f"Something that only respondent {k} wrote down" for k in i]}))


class Played(SurveyWidget):
    "A widget whose replies are kept."
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.replies: list[dict[str, Any]] = []

    def send(self, content: Any, buffers: Any = None) -> None: self.replies.append(json.loads(json.dumps(content)))

    def play(self, **message: Any) -> dict[str, Any]:
        self.receive(message)
        return self.replies[-1]


def correct(variable: str, part: str, value: Any) -> dict[str, Any]: return {"type": "correct", "variable": variable, "part": part, "value": value}


def repeated(widget: SurveyWidget) -> tuple[Survey, list[str]]:
    "Run the printed code."
    names: dict[str, Any] = {"survey": made_survey()}
    exec(widget.code(), names)
    return names["survey"], names["variables"]


def test_everything_is_sent_once_and_then_only_what_changed() -> None:
    widget = Played(made_survey())
    first = widget.play(type="ready")
    assert first["type"] == "all" and [r["variable"] for r in first["rows"]] == widget.survey.variables["variable"].tolist()
    easy = first["rows"][0]
    assert easy["level"] == "ordinal" and easy["role"] == "segments"
    assert [b[1] for b in easy["bars"]] == [int((widget.survey.data["easy"] == v).sum()) for v in (1, 2, 3, 4, 5, 9)]
    then = widget.play(**correct("easy", "levels", "numeric"))
    assert then["type"] == "some" and [r["variable"] for r in then["rows"]] == ["easy"] and then["undo"] == "levels of easy"
    assert widget.play(**correct("why", "levels", "nominal"))["type"] == "all", "its options are gone"


def test_words_stay_out_of_the_saved_notebook_and_open_answers_out_of_the_messages() -> None:
    widget = Played(made_survey())
    assert list(widget.state) == ["run"] and "district" not in json.dumps(widget.get_state(), default=str).replace(str(widget._esm), "")
    assert "only respondent" not in json.dumps(widget.play(type="ready"))
    table = widget._repr_mimebundle_()[0]["text/html"]
    assert "district" not in table and "Nord" not in table and "60 respondents" in table


def test_corrections_are_repeated_by_the_code() -> None:
    widget = Played(made_survey())
    for m in (correct("easy", "absent", [5, True]), correct("easy", "answer", [0, "not at all"]),
            correct("easy", "question", " Is it  easy? "), correct("district", "label", "Where"),
              correct("often", "levels", "nominal"), correct("t_R", "group", ""), correct("why", "levels", "text"),
                      {"type": "role", "variables": ["age", "district"], "role": "describes"}):
        assert widget.play(**m)["type"] != "refused" and not [r for r in widget.replies if r["type"] == "refused"], widget.replies
    survey, variables = repeated(widget)
    pd.testing.assert_frame_equal(survey.variables, widget.survey.variables)
    pd.testing.assert_frame_equal(survey.data, widget.survey.data)
    assert variables == widget.variables == ["easy", "often", "t_SQL"] and widget.descriptors == ["district", "age"]
    assert widget.survey.row("easy")["question"] == "Is it easy?" and widget.survey.row("easy")["values"][0] == [1, "not at all"]
    assert made_survey().level("often") == "ordinal" and "why: fast" not in widget.survey.data


def test_a_code_goes_and_comes_back_with_its_label() -> None:
    widget = Played(made_survey())
    widget.play(**correct("easy", "answer", [5, "refused"]))
    widget.play(**correct("easy", "absent", [5, True]))
    assert widget.survey.row("easy")["missing"] == 9 and widget.survey.row("easy")["missing_codes"] == [[9, "refused"]]
    row = next(r for r in widget.play(type="ready")["rows"] if r["variable"] == "easy")
    assert row["bars"][-1] == ["refused", 9, "absent"]
    widget.play(**correct("easy", "absent", [5, False]))
    assert widget.survey.row("easy")["missing"] == 0 and [9, "refused"] in widget.survey.row("easy")["values"]


def test_what_cannot_be_is_refused_and_nothing_changes() -> None:
    widget = Played(made_survey())
    before = widget.survey
    for m, says in ((correct("district", "levels", "numeric"), "not numbers"), (correct("distric", "levels", "nominal"), "no variable"),
            (correct("age", "colour", "red"), "colour"),
                    ({"type": "dance"}, "dance"), (correct("district", "levels", "nomnal"), "nomnal")):
        widget.replies.clear()
        widget.play(**m)
        assert widget.replies[0]["type"] == "refused" and says in widget.replies[0]["text"] and widget.replies[0]["cure"]
        assert widget.survey is before and widget.replies[-1]["undo"] == ""


def test_what_makes_the_segments_can_be_given_and_unusable_variables_never_do() -> None:
    widget = Played(made_survey(), variables=["age", "easy"])
    assert widget.variables == ["easy", "age"] and "district" in widget.descriptors
    widget.play(type="role", variables=["secret", "district"], role="segments")
    assert widget.variables == ["easy", "district", "age"]
    widget.play(**correct("district", "levels", "text"))
    assert widget.variables == ["easy", "age"], "open answers make no segments"
    widget.play(type="undo")
    assert widget.variables == ["easy", "district", "age"]


STEPS = st.sampled_from([correct("easy", "levels", "numeric"), correct("easy", "levels", "ordinal"),
        correct("district", "question", "Where?"), correct("why", "levels", "nominal"),
                         correct("why", "levels", "multi"), correct("t_R", "group", ""), correct("easy", "absent", [5, True]),
                                 {"type": "role", "variables": ["age"], "role": "describes"},
                         {"type": "role", "variables": ["age", "easy"], "role": ""}, correct("district", "levels", "numeric"), {"type": "undo"}, {"type": "redo"}])


@settings(max_examples=8, deadline=None)
@given(st.lists(STEPS, min_size=1, max_size=6))
def test_undo_goes_all_the_way_back_and_the_code_always_repeats(steps: list[dict[str, Any]]) -> None:
    widget = Played(made_survey())
    chosen = widget.variables
    for m in steps: widget.play(**m)
    survey, variables = repeated(widget)
    pd.testing.assert_frame_equal(survey.variables, widget.survey.variables)
    assert variables == widget.variables
    while widget.play(type="undo")["undo"]: pass
    pd.testing.assert_frame_equal(widget.survey.variables, made_survey().variables)
    assert widget.variables == chosen


def test_what_describes_is_in_the_code_and_in_the_survey_and_makes_no_segments() -> None:
    from personabench.segmentation import segment

    widget = Played(made_survey())
    widget.play(**correct("easy", "missing", [9]))
    widget.play(type="role", variables=["age"], role="describes")
    survey, variables = repeated(widget)
    assert "descriptors=['age']" in widget.code() and survey.descriptors == widget.survey.descriptors == ("age",) and "age" not in variables
    by_widget = segment(widget, k=2, n_boot=0, verdict=False, n_init=2)  # type: ignore[arg-type]
    assert {*by_widget.variables, *by_widget.excluded} == {*variables, "age"} - {"age"}
    assert by_widget.survey is widget.survey and by_widget.survey.row("easy")["missing"] == 9
    by_survey = segment(survey, k=2, n_boot=0, verdict=False, n_init=2)
    assert "age" not in by_survey.variables and "describes" in by_survey.excluded["age"]
    assert set(by_survey.differences()["variable"]) == {*by_survey.variables, "age"}
    widget.play(type="undo")
    assert widget.survey.descriptors == ()


def test_a_question_whether_anybody_is_there_is_answered_and_changes_nothing() -> None:
    widget = Played(made_survey())
    assert widget.play(type="ping") == {"type": "pong"} and len(widget.replies) == 1
