"""Batches: parts of files, whatever their lengths; the same groups from memory, from files and from workers; folders that hold no one table."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import mixed
from sklearn.base import BaseEstimator, clone

from personabench import batches
from personabench.batches import start_workers, write_labels
from personabench.mixtures import LatentClass
from personabench.prototypes import FAMD, KMedoids, KPrototypes
from personabench.schema import BadInput, MissingExtra
from personabench.segmentation import segment
from personabench.statistics import effective_n

MODELS = [LatentClass(3, n_init=2, levels={"visits": "count"}), KPrototypes(3, n_init=3)]
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)


def answers(n: int = 20_000, *, holes: float = .1) -> pd.DataFrame:
    "Return a survey as a file can hold it, with weights and ids."
    df, _ = mixed(n, 3, holes=holes)
    return df.assign(scale=df["scale"].astype(float), choice=df["choice"].astype("category"), flag=df["flag"].map({True: "yes", False: "no"}),
                     w=np.random.default_rng(9).uniform(.5, 2, n).round(2))


def written(df: pd.DataFrame, folder: Path, files: int = 4, rows: int = 1700) -> Path:
    "Write a table as a folder of files with small row groups."
    folder.mkdir(exist_ok=True)
    for i, at in enumerate(np.array_split(np.arange(len(df)), files)): df.iloc[at].to_parquet(folder / f"part{i}.parquet", row_group_size=rows)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(answers(), tmp_path_factory.mktemp("wave") / "answers")


# -- Parts --------------------------------------------------------------------------------------------------------------------
@given(lengths=st.lists(st.integers(0, 30), max_size=12), size=st.integers(1, 40))
def test_cutting_anew_loses_no_row_and_keeps_their_order(lengths: list[int], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "_BATCH", size)
        ends = np.cumsum([0, *lengths])
        parts = list(batches._even(pd.DataFrame({"a": np.arange(a, b)}) for a, b in zip(ends, ends[1:], strict=False)))
    assert [x for part in parts for x in part["a"]] == list(range(ends[-1]))
    assert all(len(part) == size for part in parts[:-1]) and all(0 < len(part) <= size for part in parts)


def test_a_random_sample_is_the_same_rows_each_time_and_everyone_has_a_chance(folder: Path) -> None:
    parts = batches._parts(folder)
    one, n = parts.some(3000, np.random.default_rng(1))
    again, _ = parts.some(3000, np.random.default_rng(1))
    assert n == 20_000 and len(one) == 3000 and one.equals(again) and one.index.is_monotonic_increasing
    assert one["a"].equals(answers()["a"].iloc[one.index].set_axis(one.index))
    assert 9000 < one.index.to_numpy().mean() < 11_000
    everybody, _ = parts.some(10**6, np.random.default_rng(1))
    assert everybody["a"].equals(answers()["a"])


def test_choices_keep_their_categories_over_all_files(tmp_path: Path) -> None:
    for i, words in enumerate((["b", "a"], ["c", "a"])): pd.DataFrame({"x": pd.Categorical(words)}).to_parquet(tmp_path / f"{i}.parquet")
    parts = list(batches._parts(tmp_path))
    assert parts[0]["x"].tolist() == ["b", "a", "c", "a"] and set(parts[0]["x"].cat.categories) == {"a", "b", "c"}
    for i, order in enumerate((["low", "high"], ["high", "low"])):
        pd.DataFrame({"x": pd.Categorical(["low"], categories=order, ordered=True)}).to_parquet(tmp_path / f"{i}.parquet")
    with pytest.raises(BadInput, match="(?s)1.parquet.*the scale.*same order"): batches._parts(tmp_path)


# -- The same groups ----------------------------------------------------------------------------------------------------------
@each_model
@pytest.mark.parametrize("weight", [None, "w"])
def test_groups_from_files_are_those_from_memory(model: BaseEstimator, weight: str | None, folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(batches, "_BATCH", 3000)
    df = answers()
    kept = clone(model).fit(df.drop(columns="w"), sample_weight=None if weight is None else df["w"])
    read = clone(model).fit(batches._parts(folder).only([c for c in df if c != "w" or weight]), sample_weight=weight)
    assert (read.labels_ == kept.labels_).all() and read.labels_.dtype == np.int8
    assert (read.predict(folder) == kept.labels_).all() and (read.predict(df.drop(columns="w")) == kept.labels_).all()
    assert read.excluded_ == kept.excluded_ and list(read.feature_names_in_) == list(kept.feature_names_in_)
    if isinstance(model, LatentClass):
        assert read.loglik_ == kept.loglik_ and np.array_equal(read.predict_proba(folder), kept.predict_proba(df.drop(columns="w")))
        pd.testing.assert_frame_equal(read.parameters_, kept.parameters_)


def test_every_respondent_is_read_twice_and_no_temporary_file_stays(folder: Path, tmp_path: Path, monkeypatch) -> None:
    read, plain = [], batches._Piece.__iter__
    monkeypatch.setattr(batches._Piece, "__iter__", lambda piece: (read.append(len(part)) or part for part in plain(piece)))
    monkeypatch.setattr(batches.tempfile, "tempdir", str(tmp_path))
    LatentClass(2, n_init=1, levels={"w": "weight"}).fit(folder)
    assert sum(read) == 2 * 20_000 and not list(tmp_path.iterdir())
    with pytest.raises(BadInput): LatentClass(2, levels={"a": "count"}).fit(folder)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_groups_from_workers_are_those_from_memory(tmp_path: Path) -> None:
    "One process of its own, because dask's workers import the module that starts them."
    pytest.importorskip("distributed")
    written(answers(), tmp_path / "answers")
    code = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
import numpy as np, pandas as pd
from sklearn.base import clone
from test_batches import MODELS, answers
from personabench import segment, start_workers, write_labels
def main():
    import dask.dataframe as dd
    df, folder = answers(), {str(tmp_path / "answers")!r}
    plain = segment(folder, variables=["a", "b", "choice"], k=3, n_boot=0, verdict=False, sample=2000, weights="w")
    with start_workers(2, memory="700MB"):
        for model in MODELS:
            kept = clone(model).fit(df)
            for X in (folder, dd.from_pandas(df, npartitions=3)):
                there = clone(model).fit(X)
                assert (there.labels_ == kept.labels_).all() and (there.predict(X) == kept.labels_).all(), (model, X)
                assert abs(getattr(there, "loglik_", 0) - getattr(kept, "loglik_", 0)) < 1e-6
        labels = pd.read_parquet(write_labels(there, folder, path=folder + ".labels.parquet"))
        assert (labels["label"] == kept.labels_).all()
        assert segment(folder, variables=["a", "b", "choice"], k=3, n_boot=0, verdict=False, sample=2000, weights="w").everyone.equals(plain.everyone)
    x = dd.from_pandas(df, npartitions=3)
    assert (clone(MODELS[1]).fit(x).labels_ == clone(MODELS[1]).fit(df).labels_).all()
    print("the same")
if __name__ == "__main__": main()
"""
    (tmp_path / "run.py").write_text(code)
    told = subprocess.run([sys.executable, tmp_path / "run.py"], capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert told.stdout.strip() == "the same", told.stderr[-2000:]


def test_labels_are_written_with_ids_or_not_at_all(folder: Path, tmp_path: Path) -> None:
    df = answers().assign(who=lambda x: [f"r{i}" for i in range(len(x))])
    model = LatentClass(3, n_init=1).fit(df[["a", "b", "choice"]])
    got = pd.read_parquet(write_labels(model, df, path=tmp_path / "out.parquet", id="who"))
    assert list(got) == ["who", "label", "certainty"] and got["who"].equals(df["who"]) and (got["label"] == model.labels_).all()
    assert np.allclose(got["certainty"], model.predict_proba(df[["a", "b", "choice"]]).max(axis=1), atol=1e-6)
    by_row = pd.read_parquet(write_labels(model, folder, path=tmp_path / "rows.parquet"))
    assert by_row["row"].tolist() == list(range(20_000)) and (by_row["label"] == model.labels_).all()
    with pytest.raises(BadInput, match="did you mean 'who'"): write_labels(model, df, path=tmp_path / "no.parquet", id="whoo")
    with pytest.raises(BadInput, match="no column 'choice'"): write_labels(model, df.drop(columns="choice"), path=tmp_path / "no.parquet")
    (broken := written(answers(4000), tmp_path / "broken")).joinpath("part3.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(BadInput, match="part3"): write_labels(model, broken, path=tmp_path / "no.parquet")
    assert sorted(p.name for p in tmp_path.glob("*.parquet*")) == ["out.parquet", "rows.parquet"] and not list(tmp_path.glob(".*"))


# -- Segments -----------------------------------------------------------------------------------------------------------------
def test_segments_of_a_folder_are_those_of_everybody(folder: Path) -> None:
    names = ["a", "b", "choice", "flag", "visits"]
    seg = segment(folder, variables=names, weights="w", k=[2, 3], n_boot=4, verdict=False, sample=2000, n_init=2)
    whole = LatentClass(3, n_init=2).fit(answers()[names], sample_weight=answers()["w"])
    assert seg.k == 3 and len(seg.everyone) == 20_000 and len(seg.labels) == 2000
    table = pd.crosstab(seg.everyone, whole.labels_)
    assert (table.max(axis=1) / table.sum(axis=1)).min() > .99
    sizes = seg.sizes()
    assert sizes["n"].tolist() == seg.everyone.value_counts().reindex(sizes["segment"]).tolist() and sizes["share"].is_monotonic_decreasing
    assert sizes["weight"].to_numpy() == pytest.approx(answers()["w"].groupby(seg.everyone.to_numpy()).sum().to_numpy())
    assert (seg.everyone.loc[seg.labels.index].astype(str).to_numpy() == seg.labels.to_numpy()).all()
    assert any("random sample of 2,000 of 20,000" in note for note in seg.notes) and "2,000" in seg.explain()
    assert seg.stability["jaccard"].notna().all() and seg.stability["segment"].tolist() == ["A", "B", "C"] and len(seg.profile()) > 5
    again = segment(folder, variables=names, weights="w", k=[2, 3], n_boot=4, verdict=False, sample=2000, n_init=2, n_jobs=2)
    assert again.everyone.equals(seg.everyone) and again.stability.equals(seg.stability)


def test_who_answered_nothing_has_no_segment_and_a_small_file_is_read_as_a_whole(tmp_path: Path) -> None:
    df = answers(3000, holes=0).drop(columns="w")
    df.loc[[7, 2999], :] = np.nan
    seg = segment(written(df, tmp_path / "x"), variables=["a", "b"], k=2, n_boot=0, verdict=False, sample=500, n_init=1)
    assert seg.everyone.isna().to_numpy().nonzero()[0].tolist() == [7, 2999] and seg.sizes()["n"].sum() == 2998
    df.to_parquet(tmp_path / "one.parquet")
    assert segment(tmp_path / "one.parquet", variables=["a", "b"], k=2, n_boot=0, verdict=False, n_init=1).everyone is None


def worded(n: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    g, scale = rng.integers(2, size=n), np.array(["strongly disagree", "disagree", "neutral", "agree", "strongly agree"])
    df = pd.DataFrame({f"q{j}": pd.Series(scale[(g * 3 + rng.integers(0, 2, n)).clip(0, 4)], dtype="object").mask(rng.random(n) < .25, "Don't know") for j in range(3)})
    return df.assign(sure=pd.Series(g == 1, dtype="object").mask(rng.random(n) < .1), w=rng.lognormal(0, .8, n) * 1000)


def test_a_table_in_pieces_is_read_as_a_whole_one_is(tmp_path: Path) -> None:
    df, how = worded(), {"weights": "w", "k": 2, "n_boot": 0, "verdict": False, "n_init": 2}
    whole, seg = segment(df, **how), segment(written(df, tmp_path / "x"), **how)
    assert "Don't know" not in set(seg.model.parameters_["value"]) and seg.variables == whole.variables
    assert seg.model.loglik_ == pytest.approx(whole.model.loglik_, rel=1e-9) and seg.model.n_ == pytest.approx(effective_n(df["w"]), rel=.02)
    assert seg.everyone.loc[whole.labels.index].astype(str).tolist() == whole.labels.tolist()                # the same words for the same people
    assert seg.labels.equals(whole.labels.rename_axis(seg.labels.index.name)) and not any("nobody in the sample" in note for note in seg.notes)


def test_an_answer_that_nobody_in_the_sample_gave_is_missing_and_said(tmp_path: Path) -> None:
    df = worded().drop(columns=["w", "sure"])
    own = segment(written(df, tmp_path / "x"), k=2, n_boot=0, verdict=False, sample=100, n_init=1)
    df.loc[df.index[~df.index.astype(str).isin(own.labels.index)][:3], "q1"] = "no idea what you mean"
    seg = segment(written(df, tmp_path / "y"), k=2, n_boot=0, verdict=False, sample=100, n_init=1)
    assert "3 answers to q1 that nobody in the sample gave count as missing" in seg.notes


def test_ids_of_a_table_in_pieces_are_text_and_all_are_checked(tmp_path: Path) -> None:
    df, how = worded().drop(columns="w"), {"k": 2, "n_boot": 0, "verdict": False, "sample": 50, "n_init": 1}
    seg = segment(written(df.assign(case=np.arange(900) + 5000), tmp_path / "x"), **how)
    assert seg.everyone.index[0] == "5000" and set(seg.labels.index) <= set(seg.everyone.index)
    drawn = [int(i) - 5000 for i in seg.labels.index]
    twice = np.arange(900) + 5000
    twice[[i for i in range(900) if i not in drawn][:2]] = 1
    with pytest.raises(BadInput, match="'1'.*one row each"): segment(written(df.assign(case=twice), tmp_path / "y"), **how)


def test_options_in_one_cell_cannot_be_read_in_pieces_and_the_cure_works(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    path = written(worded().assign(tools=[["a;b", "a", "b;c", "c", "a;c"][i] for i in rng.integers(5, size=900)]), tmp_path / "x")
    how = {"k": 2, "n_boot": 0, "verdict": False, "n_init": 1}
    with pytest.raises(BadInput, match=r"option of a question.*columns of 0 and 1.*variables=\['q0', 'q1', 'q2', 'sure'"): segment(path, weights="w", **how)
    assert segment(path, weights="w", variables=["q0", "q1", "q2", "sure"], **how).k == 2


# -- Bad input ----------------------------------------------------------------------------------------------------------------
def broken(df: pd.DataFrame, what: str, folder: Path) -> Path:
    "Return a folder in which something is wrong."
    written(df, folder, files=3)
    last = folder / "part2.parquet"
    part = pd.read_parquet(last)
    if what == "empty": [p.unlink() for p in folder.iterdir()]
    elif what == "lost": part.drop(columns="b").to_parquet(last)
    elif what == "more": part.assign(extra=1).to_parquet(last)
    elif what == "words": part.assign(b="many").to_parquet(last)
    elif what == "footer": last.write_bytes(last.read_bytes()[:-200])
    elif what == "pages": last.write_bytes(last.read_bytes()[:4] + b"\0" * 3000 + last.read_bytes()[3004:])
    elif what == "no rows": [pd.read_parquet(p).head(0).to_parquet(p) for p in folder.iterdir()]
    elif what == "infinite": part.assign(b=np.inf).to_parquet(last)
    elif what == "negative": part.assign(w=-1.).to_parquet(last)
    elif what == "weights of 0": [pd.read_parquet(p).assign(w=0.).to_parquet(p) for p in folder.iterdir()]
    elif what == "constant": [pd.read_parquet(p)[["w"]].assign(a=1., b="x").to_parquet(p) for p in folder.iterdir()]
    return folder


WRONG = [("empty", "without Parquet files"), ("lost", "part2.*no column 'b'.*part0"), ("more", "part0.*no column 'extra'.*part2"),
         ("words", "part2.*column 'b'.*words.*numbers"), ("footer", "part2.*cannot be read"), ("pages", "part2.*cannot be read"),
         ("no rows", "without rows|no rows"), ("infinite", "(column|variable) 'b'.*infinite"),
         ("negative", "(column 'w'.*-1)|(weight.*-1)"), ("weights of 0", "weights of 0|only zeros"),
         ("constant", "no column in which respondents differ|no variable that can part")]


@pytest.mark.parametrize(("what", "says"), WRONG, ids=[what for what, _ in WRONG])
def test_folders_that_hold_no_table_are_named(what: str, says: str, tmp_path: Path) -> None:
    place = broken(answers(3000), what, tmp_path / "answers")
    runs = [lambda m=m: clone(m).set_params(levels=None).fit(place, sample_weight="w") for m in MODELS]
    for run in [*runs, lambda: segment(place, k=2, n_boot=0, verdict=False, weights="w", n_init=1)]:
        with pytest.raises(BadInput, match=f"(?s){says}"): run()


def test_other_files_settings_and_columns_are_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    for model in MODELS:
        with pytest.raises(BadInput, match="cannot be read as Parquet"): clone(model).fit(tmp_path / "a.csv")
        with pytest.raises(BadInput, match="no such file"): clone(model).fit(tmp_path / "nowhere")
        with pytest.raises(BadInput, match="(?s)sample_weight.*name of a column.*did you mean 'w'"): clone(model).fit(folder, sample_weight="ww")
        with pytest.raises(BadInput, match="(?s)sample_weight.*name of a column"): clone(model).fit(folder, sample_weight=np.ones(20_000))
        k = next(p for p in ("n_classes", "n_clusters") if hasattr(model, p))
        with pytest.raises(BadInput, match="1000000 .* for 20000 respondents"): clone(model).set_params(**{k: 10**6}).fit(folder)
        fitted = clone(model).set_params(levels={"w": "weight"}).fit(folder)
        assert "weight" in fitted.excluded_["w"]
        with pytest.raises(BadInput, match="no column 'a'"): fitted.predict(written(answers(100).drop(columns="a"), tmp_path / type(model).__name__))
    for model in (KMedoids(2), FAMD(2)):
        with pytest.raises(BadInput, match="(?s)in pieces.*LatentClass and KPrototypes"): model.fit(folder)


def test_useless_columns_of_files_are_left_out_with_the_reason(tmp_path: Path) -> None:
    df = answers(3000).drop(columns="w")
    df = df.assign(same="yes", empty=None, id=np.arange(3000), why=[f"because of {i}" for i in range(3000)], again=df["a"])
    fitted = LatentClass(2, n_init=1).fit(written(df, tmp_path / "x"))
    assert fitted.excluded_ == LatentClass(2, n_init=1).fit(df).excluded_ and set(fitted.excluded_) == {"same", "empty", "id", "why", "again"}


def test_a_missing_extra_is_told_with_the_line_that_installs_it(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r'pip install "personabench\[scale\]"'), start_workers(1): pass
    monkeypatch.undo()
    pytest.importorskip("distributed")
    with pytest.raises(BadInput, match="0 workers"), start_workers(0): pass
