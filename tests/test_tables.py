"""Tables come in as they are, whatever program wrote them, and a table that does not fit its header is refused by line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personabench.schema import BadInput, NoSuchName
from personabench.survey import read_survey
from personabench.tables import _looks_even, _ragged_rows, column_named, read_table, table_text


def written(folder, name, data, encoding="utf-8"):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman"])
def test_delimiter_and_encoding_are_found_and_reported(tmp_path, delimiter, encoding):
    rows = [["respondent", "age", "comment"], ["R01", "34", "Très bien, señor; vraiment"], ["R02", "41", "l’été à la gare – déjà"]]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    table = read_table(written(tmp_path, "t.csv", out.getvalue(), encoding))
    assert table.columns.tolist() == rows[0] and table["comment"].tolist() == [rows[1][2], rows[2][2]]
    assert table["age"].tolist() == [34, 41] and table.attrs["delimiter"] == delimiter
    assert table.attrs["encoding"] == encoding.removesuffix("-sig")
    assert bool(table.attrs["warnings"]) == (encoding in ("cp1252", "mac_roman"))


def test_shift_jis_is_found(tmp_path):
    table = read_table(written(tmp_path, "t.csv", "回答者,意見\nR01,毎日使っています。とても便利です\nR02,高すぎると思います\n" * 1, "shift_jis"))
    assert table.columns.tolist() == ["回答者", "意見"] and table.iloc[1, 1] == "高すぎると思います"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_and_blank_lines(tmp_path, newline):
    table = read_table(written(tmp_path, "t.csv", newline.join(["a,b", "1,x", "", '2,"two', 'lines"', "   ", "3,z", ""])))
    assert table["a"].tolist() == [1, 2, 3] and table["b"].tolist() == ["x", "two\nlines", "z"]


def test_decimal_commas_thousands_of_kinds(tmp_path):
    assert read_table(written(tmp_path, "a.csv", "id;w\na;1,5\nb;0,25\n"))["w"].tolist() == [1.5, 0.25]
    assert read_table(written(tmp_path, "b.csv", "id;w\na;1.5\nb;0.25\n"))["w"].tolist() == [1.5, 0.25]
    assert read_table(written(tmp_path, "c.csv", "sep=;\nid;w\na;1\n")).columns.tolist() == ["id", "w"]


def test_none_is_an_answer_and_na_is_not(tmp_path):
    table = read_table(written(tmp_path, "t.csv", "id,why\n1,None\n2,NA\n3,\n4,-\n"))
    assert table_text(table["why"]) == ["None", "", "", "-"]


def test_ids_stay_text(tmp_path):
    path = written(tmp_path, "t.csv", "id,n\n007,1\n010,2\n")
    assert read_table(path, as_text=["id"])["id"].tolist() == ["007", "010"]
    assert read_table(path, as_text=True)["n"].tolist() == ["1", "2"]
    assert read_table(path)["n"].tolist() == [1, 2]


def test_nameless_columns(tmp_path):
    assert read_table(written(tmp_path, "a.csv", "a,b,\n1,2,\n")).columns.tolist() == ["a", "b"]
    assert read_table(written(tmp_path, "b.csv", ",a\n0,x\n")).columns.tolist() == ["column_1", "a"]


def test_one_column_of_sentences(tmp_path):
    table = read_table(written(tmp_path, "t.csv", "comment\nGood, but slow\nFine\n"))
    assert table["comment"].tolist() == ["Good, but slow", "Fine"]


def test_an_unclosed_inch_mark_does_not_shift_rows(tmp_path):
    table = read_table(written(tmp_path, "t.csv", 'id,comment\n1,a 26" wheel\n2,fine\n'))
    assert table["comment"].tolist() == ['a 26" wheel', "fine"]


def test_excel_with_dates_ids_and_blank_rows(tmp_path):
    frame = pd.DataFrame({"id": ["007", "008"], "when": pd.to_datetime(["2026-05-01", "2026-05-02"]), "n": [1, None], "say": ["ok", "None"]})
    with pd.ExcelWriter(tmp_path / "t.xlsx") as book:
        frame.to_excel(book, sheet_name="one", index=False, startrow=2)
        frame.to_excel(book, sheet_name="two", index=False)
    table = read_table(tmp_path / "t.xlsx", as_text=["id", "when", "n"])
    assert table["id"].tolist() == ["007", "008"] and table["when"].tolist() == ["2026-05-01", "2026-05-02"]
    assert table_text(table["n"]) == ["1", ""] and table["say"].tolist() == ["ok", "None"]
    with pytest.raises(BadInput, match="twoo.*did you mean 'two'"):
        read_table(tmp_path / "t.xlsx", sheet="twoo")


def test_parquet(tmp_path):
    pd.DataFrame({"id": ["a"], "n": [2]}).to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet")["n"].tolist() == [2]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", "id,say\nR1,ok\nR2,good, but slow\nR3,ok\nR4\n", "line 3 has 3, line 5 has 1"),
        ("b.csv", "id,say,id\nR1,ok,2\n", "'id' occurs twice (columns 1 and 3)"),
        ("c.csv", "", "empty"),
        ("d.csv", " \n\n", "empty"),
        ("e.csv", "id,say\n", "no rows"),
        ("f.csv", b"PK\x03\x04 not a csv at all", "zip"),
        ("g.csv", bytes(range(256)) * 4, "binary"),
        ("h.xlsx", "id,say\nR1,ok\n", "cannot be opened"),
        ("i.xlsx", b"", "cannot be opened"),
        ("j.xls", b"\xd0\xcf\x11\xe0", "ending .xls"),
        ("k.parquet", b"PAR1", "Parquet"),
        ("l.csv", ",,\n1,2,3\n", "no column names"),
        ("m.csv", 'id,say\nR1,"never closed\nR2,ok\n', "line 2"),
    ],
)
def test_bad_tables_name_file_place_and_cure(tmp_path, name, data, words):
    path = written(tmp_path, name, data)
    with pytest.raises(BadInput) as error:
        read_table(path)
    assert str(path) in str(error.value) and words in str(error.value) and "Cure:" in str(error.value)


def test_wrong_encoding_and_missing_file(tmp_path):
    path = written(tmp_path, "feedback.csv", "id,say\n1,\xe9t\xe9\n", "latin-1")
    with pytest.raises(BadInput, match="line 2.*not valid utf-8"):
        read_table(path, encoding="utf-8")
    with pytest.raises(BadInput, match="encoding 'klingon' is unknown"):
        read_table(path, encoding="klingon")
    with pytest.raises(BadInput, match="did you mean 'feedback.csv'"):
        read_table(tmp_path / "fedback.csv")
    with pytest.raises(BadInput, match="folder"):
        read_table(tmp_path)
    with pytest.raises(NoSuchName, match="did you mean 'say'"):
        column_named(read_table(path), "sya", place="feedback.csv")


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff", exclude_categories=("Cs",)), max_size=20)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), st.sampled_from(",;\t"))
def test_what_a_spreadsheet_writes_is_what_is_read(tmp_path, rows, delimiter):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["id", "first", "second"])
    writer.writerows([(f"R{i}", *row) for i, row in enumerate(rows)])
    (tmp_path / "t.csv").write_text(out.getvalue(), encoding="utf-8", newline="")
    table = read_table(tmp_path / "t.csv", as_text=True, encoding="utf-8", delimiter=delimiter)
    missing = {"", "NA", "N/A", "#N/A", "#NA", "NaN", "nan", "NULL", "null", "<NA>"}
    for name, column in (("first", 0), ("second", 1)):
        read = ["" if pd.isna(cell) else cell for cell in table[name]]
        assert read == ["" if row[column] in missing else row[column] for row in rows]


def test_a_long_table_is_read_as_pandas_reads_it(tmp_path):
    rng = np.random.default_rng(0)
    n = 20_000
    frame = pd.DataFrame({"id": [f"R{i}" for i in range(n)], **{f"v{i}": rng.integers(1, 6, n) for i in range(10)}})
    frame["say"] = rng.choice(["good, but slow", "fine", 'so "so"'], n)
    frame.to_csv(tmp_path / "t.csv", index=False)
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.csv"), frame, check_dtype=False)


@pytest.mark.real
def test_every_real_table_is_read(real_data):
    paths = sorted(real_data.rglob("*.csv"))
    assert len(paths) >= 20
    assert all(len(read_table(path)) for path in paths)


@given(
    st.lists(st.lists(st.sampled_from(["", "a", '"x,y"', '"two\nlines"', 'say ""hi""', '"a ""b"" c"', "é🚲"]), min_size=1, max_size=4), min_size=1, max_size=9),
    st.integers(1, 40),
    st.sampled_from(["", "\n"]),
)
def test_the_quick_count_never_passes_an_uneven_table(rows, part, end):
    text = "\n".join(",".join(row) for row in rows) + end
    uneven = _ragged_rows(text, ",", len(rows[0]))
    if _looks_even(text.encode(), ",", len(rows[0]), part=part):
        assert not uneven


def test_each_column_has_its_own_decimal_mark(tmp_path: Path) -> None:
    (tmp_path / "mixed.csv").write_text("who;spend;version;thousand\na;104,02;4.1;1,960\nb;23,9;4.2;0,568\nc;;4.1;12\n", "utf-8")
    table = read_table(tmp_path / "mixed.csv")
    assert table["spend"].tolist()[:2] == [104.02, 23.9] and table["spend"].isna().iloc[2] and table["version"].tolist() == [4.1, 4.2, 4.1]
    assert table["thousand"].tolist() == [1.96, .568, 12.] and "decimal commas" in table.attrs["warnings"][0] and "spend" in table.attrs["warnings"][0]
    assert read_table(tmp_path / "mixed.csv", as_text=True)["spend"].tolist()[:2] == ["104,02", "23,9"]


def test_commas_that_may_part_thousands_are_left_alone_and_told(tmp_path: Path) -> None:
    (tmp_path / "doubt.csv").write_text("who;spend;version\na;1,960;4.1\nb;2,500;4.2\n", "utf-8")
    table = read_table(tmp_path / "doubt.csv")
    assert table["spend"].tolist() == ["1,960", "2,500"] and "spend may be decimal or part thousands" in table.attrs["warnings"][0]
    (tmp_path / "codes.csv").write_text('who,chosen,version\na,"1,3",4.1\nb,"2,4",4.2\n', "utf-8")
    assert read_table(tmp_path / "codes.csv")["chosen"].tolist() == ["1,3", "2,4"], "two options in one cell, between commas"


@pytest.mark.parametrize("odd", ["n/a", "keine Angabe", "4,5 €"])
def test_decimal_commas_beside_other_answers_are_no_list_of_options(tmp_path, odd):
    path = tmp_path / "t.csv"
    path.write_text("id;fee;picks\n" + "".join(f"{i};{i % 7},{i % 90 + 10};{'1,2' if i % 2 else '3'}\n" for i in range(40)) + f"40;{odd};1,2,3\n41;-99;2,3\n", "utf-8")
    table = read_table(path)
    if "," in odd: return  # such a cell may be anything: it stays as it is written
    assert table["fee"].iloc[[0, 8, 40, 41]].tolist() == ["0.10", "1.18", odd, "-99"]
    assert any("fee: numbers with decimal commas" in note and repr(odd) in note and "missing=" in note for note in table.attrs["warnings"])
    survey = read_survey(path, id="id", missing=[odd, -99])
    assert survey.row("fee")["level"] == "numeric" and survey.data["fee"].isna().sum() == 2 and "picks: 1" in survey.data


def test_decimal_commas_in_quotes_are_numbers_and_what_may_be_codes_is_told(tmp_path):
    rows = [(i, f"{i % 7},{i % 90 + 10}", f"{i % 5},{i % 3}", f"{i % 5 + 1},{i % 3 + 1}" if i % 2 else str(i % 5), f"1,{i:02d}5") for i in range(40)]
    frame = pd.DataFrame(rows, columns=["id", "fee", "one", "picks", "weight"])
    frame.loc[3, "fee"] = "n/a"
    frame.to_csv(tmp_path / "t.csv", index=False)  # a comma parts the cells, so pandas quotes those that hold one
    survey = read_survey(tmp_path / "t.csv", id="id", weights="weight", missing=["n/a"])
    assert survey.row("fee")["level"] == "numeric" and survey.data["fee"].tolist()[:3] == [.1, 1.11, 2.12] and survey.data["weight"].iloc[7] == 1.075
    assert survey.row("picks")["level"] == survey.row("one")["level"] == "multi"
    assert [note.split(":")[0] for note in survey.notes if "may be numbers with a decimal comma" in note] == ["one"]
    told = read_survey(tmp_path / "t.csv", id="id", weights="weight", levels={"one": "numeric", "fee": "numeric"}, missing=["n/a"])
    assert told.data["one"].tolist()[:3] == [0., 1.1, 2.2] and told.data["fee"].isna().sum() == 1
    words = read_survey(pd.DataFrame({"fee": ["0,5", "1,5", "none"] * 20}), levels={"fee": "numeric"}, missing=["none"])
    assert words.data["fee"].mean() == 1.
