"""Transcripts: whoever wrote the file, the words and their speakers come out, and each turn is an exact span of the text."""

from __future__ import annotations

import hashlib
import html
import io
import re
import zipfile

import pytest
from docx import Document
from hypothesis import assume, given
from hypothesis import strategies as st

from personabench.schema import BadInput
from personabench.transcripts import decode_text, read_transcript, split_turns


def said(transcript):
    return [(turn.speaker, transcript.text[turn.start : turn.end]) for turn in transcript.turns]


def turns_of(text, **how):
    return [(turn.speaker, text[turn.start : turn.end]) for turn in split_turns(text, **how)]


def read(folder, name, data, **how):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_transcript(path, **how)


def docx(*paragraphs, table=None):
    document, out = Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        made = document.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, text in zip(made.add_row().cells, row, strict=True):
                cell.text = text
    document.save(out)
    return out.getvalue()


# -- Conventions --------------------------------------------------------------------------------------------------------------
TWO = [("Mara", "How was it?"), ("Anna", "Full. I thought: never mind."), ("Mara", "Oh?"), ("Anna", "Yes.")]


@pytest.mark.parametrize(
    "form",
    [
        "{s}: {w}\n",
        "{s}: {w}\n\n",
        "{s} : {w}\n\n",
        "{s}:\n{w}\n\n",
        "{s}:\t{w}\n",
        "[00:01:02] {s}: {w}\n\n",
        "00:01:02 {s}: {w}\n",
        "(00:01:02) {s}: {w}\n",
        "{s} (00:01:02): {w}\n\n",
        "{s} [00:01:02]: {w}\n\n",
        "{s} (00:01:02):\n{w}\n\n",
        "{s}  00:01:02\n{w}\n\n",
        "{s} 1:02\n{w}\n\n",
        "[{s}] 00:01:02\n{w}\n\n",
        "(00:01:02) {s}\n{w}\n\n",
        "00:01:02 {s}\n{w}\n\n",
        "{s} | 00:01:02\n{w}\n\n",
        "[00:01:02]\n{s}: {w}\n\n",
        "**{s}:** {w}\n\n",
        "**{s}**: {w}\n\n",
        "**{s}** (00:01:02): {w}\n\n",
        "__{s}:__ {w}\n\n",
        "- {s}: {w}\n",
        "> {s}: {w}\n\n",
        "  {s}: {w}\n",
        "{s}：{w}\n",
    ],
)
def test_conventions(form):
    text = "".join(form.format(s=s, w=w) for s, w in TWO)
    assert turns_of(text) == TWO
    if ":02" in form:
        assert {turn.time for turn in split_turns(text)} == {62.0}


@pytest.mark.parametrize(
    "names",
    [
        ("Q", "A"), ("I", "P1"), ("INTERVIEWER", "INTERVIEWEE"), ("Interviewer 1", "Interviewee 1 and/or Interviewee 2"),
        ("Dr. Meier", "Anna K."), ("O'Brien", "Jean-Luc"), ("Frau von der Leyden", "P_07"), ("SPEAKER_00", "SPEAKER_01"),
        ("田中", "山田"), ("سارة", "علي"), ("Íris", "Ωmega"), ("anna", "ben"), ("Speaker 1", "Speaker 2"), ("M1", "R12"),
        ("Anna (P07)", "Ben"), ("Question", "Answer"),
    ],
)  # fmt: skip
def test_labels_of_many_kinds(names):
    talk = [(names[i % 2], f"words number {i}, said at 10:30: https://halden.example") for i in range(6)]
    assert turns_of("\n\n".join(f"{s}: {w}" for s, w in talk)) == talk
    assert turns_of("\n".join(f"{s}: {w}" for s, w in talk)) == talk


@pytest.mark.parametrize(
    "prose",
    [
        "I thought: no way.\n\nThen I left: it was late.",
        "Note: the dog barks.\n\nNote: it rains.\n\nNote: it stopped.",
        "We met at 10:30.\n\n10:30 was too early.\n\n11:45 would do.",
        "https://halden.example/a\n\nhttp://halden.example/b",
        "What I want is this: a bike.\n\nWhat I get is this: a queue.",
        "For example: the dock.\n\nFor example: the app.",
        "One thing is clear: Nobody reads it.\n\nMy plan: to move.",
        "Date: 2026-05-02\nPlace: Harbour\nDuration: 40 min\n\nI ride to work.",
        "The score was 3:1 and then 3:2.\n\n3:1 it was.",
        "Breakfast: I never eat it.\n\nSo I ride hungry, every day, all the way.\n\nIt is what it is.\n\nNobody minds.",
        "He said:\n\nno.\n\nAnd she said:\n\nyes.",
    ],
)
def test_colons_that_are_no_speakers(prose):
    assert {turn.speaker for turn in split_turns(prose)} == {None}


def test_a_rare_speaker_counts_where_labels_open_most_paragraphs(tmp_path):
    got = read(tmp_path, "P01.txt", "Mara: So?\n\nAnna: We sat down.\n\nWaiter: More coffee?\n\nAnna: No.\n\nMara: And then?")
    assert got.speakers == ("Mara", "Anna", "Waiter")
    assert any("Waiter" in warning and "speakers=" in warning for warning in got.warnings)
    assert read_transcript(tmp_path / "P01.txt", speakers=["Mara", "Anna"]).speakers == ("Mara", "Anna")
    assert read_transcript(tmp_path / "P01.txt", speakers=()).speakers == ()


def test_what_is_no_talk_belongs_to_no_turn(tmp_path):
    text = (
        "---\ntitle: P07\ndate: 2026-05-02\n---\n# Interview P07\n\n**Mara:** Hello.\n\n## Part 2\n\n"
        "**Anna:** Well.\n\nStill me: yes.\n\n---\n\n**Mara:** Bye.\n"
    )
    got = read(tmp_path, "P07.md", text)
    assert got.text == text and got.format == "md"
    assert said(got) == [("Mara", "Hello."), ("Anna", "Well.\n\nStill me: yes."), ("Mara", "Bye.")]
    head = "Date: 2026-05-02\nInterviewer: Mara\nParticipant: Anna\n\nInterviewer: Hello.\n\nParticipant: Hi."
    assert turns_of(head) == [("Interviewer", "Hello."), ("Participant", "Hi.")]


def test_blank_line_blocks_and_stamps_without_labels():
    assert turns_of("One block\nof two lines.\n\n\nAnother one.\n") == [(None, "One block\nof two lines."), (None, "Another one.")]
    stamped = split_turns("[00:00:05] It was full.\n\n[00:00:09] Yes.\n\n[00:00:12] I walked.")
    assert [turn.time for turn in stamped] == [5, 9, 12] and {turn.speaker for turn in stamped} == {None}


def test_remarks_and_lone_stamps_are_no_part_of_a_name():
    assert turns_of("Mara: So?\nAnna [laughing]: Yes.\nMara (on the phone): Go on.\nAnna: Well.") == [
        ("Mara", "So?"), ("Anna", "Yes."), ("Mara", "Go on."), ("Anna", "Well."),
    ]  # fmt: skip
    stamped = split_turns("[00:05]\nMara: So?\nAnna: Yes.\n\n[00:12]\n\nAnd more.\nMara: Well.")
    assert [(turn.speaker, turn.time) for turn in stamped] == [("Mara", 5), ("Anna", None), ("Anna", 12), ("Mara", None)]


def test_one_speaker_two_spellings_and_an_empty_turn(tmp_path):
    got = read(tmp_path, "a.txt", "MARA: One.\nAnna: Two.\nMara: Three.\nAnna:\nMara: Four.\nAnna: Five.")
    assert got.speakers == ("MARA", "Anna") and len(got.turns) == 5
    assert any("line 4" in warning and "empty" in warning for warning in got.warnings)


# -- Encodings ----------------------------------------------------------------------------------------------------------------
SPOKEN = "Anna: It’s naïve, señor — the café “Zoë” was déjà full. Größe, façade, où?\nBen: Olé! Très bien, l’été à Málaga…\n"
LATIN = "Anna: Es war schön, aber größer als früher. Das Café hat geöffnet.\nBen: Où ça? À la gare, près du marché.\n"
JAPANESE = "田中: はい、そうですね。毎日使っています。とても便利です。\n山田: でも、駅の近くはいつも満車です。\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (SPOKEN, "utf-8"), (SPOKEN, "utf-8-sig"), (SPOKEN, "utf-16"), (SPOKEN, "utf-16-le"), (SPOKEN, "utf-16-be"), (SPOKEN, "utf-32"),
        (SPOKEN, "cp1252"), (SPOKEN, "mac_roman"), (LATIN, "latin-1"), (JAPANESE, "shift_jis"), (JAPANESE, "utf-16"), (JAPANESE, "euc_jp"),
        ("Анна: Станция опять была полной. Пришлось идти пешком до работы.\nБорис: А приложение?\n" * 2, "cp1251"),
    ],
)  # fmt: skip
def test_encodings(tmp_path, text, encoding):
    got = read(tmp_path, "P01.txt", text.encode(encoding))
    assert got.text == text
    assert bool(got.warnings) == (not encoding.startswith("utf"))
    assert not got.warnings or (got.encoding in got.warnings[0] and "guessed" in got.warnings[0])


@given(st.lists(st.sampled_from("it’s café señor “so” naïve où Größe — très déjà été plain words here ça là".split()), min_size=8, max_size=40))
def test_western_guesses_are_right_for_ordinary_sentences(words):
    text = " said ".join(words)
    assume(sum(char > "\x7f" for char in text) >= 3)
    assert decode_text(text.encode("cp1252"), place="x").text == text


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path, newline):
    got = read(tmp_path, "P01.txt", newline.join(["Mara: How?", "", "Anna: So.", ""]))
    assert got.text == "Mara: How?\n\nAnna: So.\n" and said(got) == [("Mara", "How?"), ("Anna", "So.")]


def test_the_hash_is_that_of_the_file(tmp_path):
    data = "\ufeffMara: Ça va?\r\n".encode("utf-8")
    assert read(tmp_path, "P01.txt", data).file_sha256 == hashlib.sha256(data).hexdigest()


# -- Subtitles ----------------------------------------------------------------------------------------------------------------
def test_webvtt_with_everything_in_it(tmp_path):
    vtt = (
        "\ufeffWEBVTT - Interview\nKind: captions\n\nSTYLE\n::cue { color: lime }\n\nREGION\nid:fred\n\nNOTE\nchecked by hand\n\nintro\n"
        "00:01.000 --> 00:03.500 align:start position:0%\n<v.loud Mara>How <c.big>was</c> it, &lt;Anna&gt;?</v>\n\n"
        "00:00:04.000 --> 00:00:05.000\n<v Anna Smith>The <00:00:04.500>dock\nwas full</v>\n\n"
        "00:00:05.000 --> 01:00:06.000\n<v Anna Smith><i>again</i>.\n\n"
        "01:00:07.000 --> 01:00:08.000\n<v Mara>Oh.</v> <v Anna Smith>Yes.\n"
    )
    got = read(tmp_path, "P01.vtt", vtt)
    assert got.text == "Mara: How was it, <Anna>?\n\nAnna Smith: The dock was full again.\n\nMara: Oh.\n\nAnna Smith: Yes."
    assert got.speakers == ("Mara", "Anna Smith") and [turn.time for turn in got.turns] == [1, 4, 3607, 3607]
    assert [(got.text[at : at + 5], a, b) for at, a, b in got.turns[1].cues] == [("The d", 4, 5), ("again", 5, 3606)]
    assert got.warnings == ()


def test_subrip_as_people_write_it(tmp_path):
    srt = (
        "1\n00:00:01,000 --> 00:00:02,500\n{\\an8}<i>Mara: How was\nit?</i>\n\n"
        "2\n00:00:03.000 --> 00:00:04.000\nAnna: I thought: no way.\n3\n00:00:04,000 --> 00:00:05,000\n<font color=\"#fff\">At 10:30!</font>\n\n\n"
        "4\n00:00:06,000 --> 00:00:07,000\n\nMara: Oh?\n\n5\n00:00:08,000 --> 00:00:09,000\n- Anna: Yes.\n- Mara: Well.\n"
    )
    got = read(tmp_path, "P01.srt", srt.encode("utf-8-sig"))
    assert said(got) == [
        ("Mara", "How was it?"), ("Anna", "I thought: no way. At 10:30!"), ("Mara", "Oh?"), ("Anna", "Yes."), ("Mara", "Well."),
    ]  # fmt: skip
    assert got.text.startswith("Mara: How was it?\n\nAnna: I thought") and len(got.turns[1].cues) == 2


def test_subtitles_of_nobody_break_at_pauses(tmp_path):
    srt = "1\n00:00:01,000 --> 00:00:02,000\nIt was\n\n2\n00:00:02,100 --> 00:00:03,000\nfull.\n\n3\n00:00:09,000 --> 00:00:10,000\nSo I walked.\n"
    assert said(read(tmp_path, "a.srt", srt)) == [(None, "It was full."), (None, "So I walked.")]


def test_a_bare_number_is_a_word_where_cues_are_not_numbered(tmp_path):
    times = ["00:00:01,000 --> 00:00:02,000", "00:00:03,000 --> 00:00:04,000", "00:00:05,000 --> 00:00:06,000"]
    words = ["Anna: When was it?", "Bob: It was in\n1984", "Anna: Right."]
    for gap in ("\n", "\n\n"):
        plain = gap.join(f"{t}\n{w}" for t, w in zip(times, words, strict=True))
        numbered = gap.join(f"{i}\n{t}\n{w}" for i, (t, w) in enumerate(zip(times, words, strict=True), 1))
        for name, srt in (("a.srt", plain), ("b.srt", numbered)):
            assert said(read(tmp_path, name, srt)) == [("Anna", "When was it?"), ("Bob", "It was in 1984"), ("Anna", "Right.")], (name, gap)


def test_a_cue_without_a_voice_tag_is_not_put_into_the_mouth_of_the_one_before(tmp_path):
    vtt = "WEBVTT\n\n" + "".join(
        f"00:{i:02}.000 --> 00:{i:02}.900\n{words}\n\n"
        for i, words in enumerate(["<v Anna>The dock", "was full.", "And did you complain?", "<v Anna>No.", "<v Anna>Never.", "<v Bob>Yes"])
    )
    got = read(tmp_path, "a.vtt", vtt)
    assert said(got) == [("Anna", "The dock was full."), (None, "And did you complain?"), ("Anna", "No. Never."), ("Bob", "Yes")]
    assert "line 9" in got.warnings[0] and "<v Name>" in got.warnings[0]
    assert vtt.split("\n")[9] == "And did you complain?"
    rare = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Full.\n\n00:03.000 --> 00:04.000\nAgain.\n\n00:05.000 --> 00:06.000\nI paid.\n"
    assert said(read(tmp_path, "b.vtt", rare)) == [("Anna", "Full. Again. I paid.")]  # tags where the speaker changes


def test_webvtt_without_its_header_is_read_with_a_warning(tmp_path):
    got = read(tmp_path, "a.vtt", "00:01.000 --> 00:02.000\n<v Anna>Hi.\n")
    assert said(got) == [("Anna", "Hi.")] and "WEBVTT" in got.warnings[0]
    assert read(tmp_path, "b.txt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Hi.\n").format == "vtt"


# -- Word ---------------------------------------------------------------------------------------------------------------------
def test_word_paragraphs_and_tables(tmp_path):
    got = read(tmp_path, "a.docx", docx("Mara: How was it?", "", "Anna: Full.\nAgain.", "Mara: Oh?", "Anna: Yes."))
    assert got.text == "Mara: How was it?\n\nAnna: Full.\nAgain.\n\nMara: Oh?\n\nAnna: Yes." and got.encoding is None
    assert said(got)[1] == ("Anna", "Full.\nAgain.")
    rows = [("Time", "Speaker", "Text"), ("00:05", "Mara", "How was it?"), ("00:09", "Anna", "Full."), ("00:12", "Mara", "Oh?")]
    got = read(tmp_path, "b.docx", docx("Interview P07", table=rows))
    assert said(got)[-3:] == [("Mara", "How was it?"), ("Anna", "Full."), ("Mara", "Oh?")]
    assert [turn.time for turn in got.turns][-3:] == [5, 9, 12]


def test_word_tables_in_tables_say_each_word_once(tmp_path):
    document, out = Document(), io.BytesIO()
    document.add_paragraph("Interviewer: How was it?")
    outer = document.add_table(1, 2)
    outer.cell(0, 0).text, outer.cell(0, 1).text = "Anna", "It was fine."
    inner = outer.cell(0, 1).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "Bob", "I disagree."
    frame = document.add_table(1, 1).cell(0, 0)  # a table as a frame around the page
    frame.text = "Interviewer: Why?"
    layout = frame.add_table(2, 2)
    for row, words in zip(layout.rows, (("Anna", "Because."), ("Bob", "Rust.")), strict=True):
        row.cells[0].text, row.cells[1].text = words
    frame.add_paragraph("Interviewer: Thanks.")
    document.save(out)
    assert said(read(tmp_path, "a.docx", out.getvalue())) == [
        ("Interviewer", "How was it?"), ("Anna", "It was fine."), ("Bob", "I disagree."), ("Interviewer", "Why?"), ("Anna", "Because."),
        ("Bob", "Rust."), ("Interviewer", "Thanks."),
    ]  # fmt: skip


def test_word_teams_export(tmp_path):
    got = read(tmp_path, "a.docx", docx("Anna Smith   0:03\nThe dock was full.", "Mara   0:12\nAgain?", "Anna Smith   0:15\nYes."))
    assert said(got) == [("Anna Smith", "The dock was full."), ("Mara", "Again?"), ("Anna Smith", "Yes.")]


def test_word_tracked_changes_and_links(tmp_path):
    data = docx("Anna: The dock was full.")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.namelist():
            body = old.read(item)
            if item == "word/document.xml":
                run = b"<w:r><w:t>Anna: The dock was full.</w:t></w:r>"
                assert run in body
                body = body.replace(
                    run,
                    b'<w:r><w:t xml:space="preserve">Anna: The </w:t></w:r><w:del w:id="1" w:author="x"><w:r><w:delText>bock</w:delText></w:r></w:del>'
                    b'<w:ins w:id="2" w:author="x"><w:r><w:t>dock</w:t></w:r></w:ins><w:hyperlink><w:r><w:t xml:space="preserve"> was full.</w:t></w:r></w:hyperlink>',
                )
            new.writestr(item, body)
    got = read(tmp_path, "a.docx", out.getvalue(), speakers=["Anna"])
    assert said(got) == [("Anna", "The dock was full.")] and "tracked" in got.warnings[0]


# -- Bad files ----------------------------------------------------------------------------------------------------------------
def other_zip(name="a.txt"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, "hello")
    return out.getvalue()


BAD = [
    ("empty.txt", b"", "empty"),
    ("blank.txt", b" \n\t\r\n ", "empty"),
    ("bom.txt", b"\xef\xbb\xbf\n\n", "no words"),
    ("pdf.txt", b"%PDF-1.7\n1 0 obj", "PDF"),
    ("zip.txt", other_zip(), "zip"),
    ("word.md", docx("Anna: hi"), "zip"),
    ("rtf.txt", b"{\\rtf1\\ansi Anna: hi}", "RTF"),
    ("noise.txt", bytes(range(256)) * 20, "binary"),
    ("sound.vtt", b"ID3\x04\x00\x00\x00\x00\x00\x01\x02\x03" * 50, "binary"),
    ("cut.docx", docx("Anna: hi")[:1500], "damaged"),
    ("zip.docx", other_zip(), "damaged or no Word file"),
    ("text.docx", b"Anna: hi", "plain text"),
    ("doc.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "old or encrypted"),
    ("nothing.docx", docx(), "no words"),
    ("none.vtt", b"WEBVTT\n\nNOTE nothing\n", "no cues"),
    ("mute.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>\n", "no cues"),
    ("none.srt", b"Anna: hi\n", "no cues"),
    ("broken.vtt", b"WEBVTT\n\n00:01.000 --> 00:0x.000\nhi\n", "line 3"),
    ("broken.srt", b"1\n00:00:01,000 --> \nhi\n", "line 2"),
    ("back.srt", b"1\n00:00:05,000 --> 00:00:01,000\nhi\n", "line 2"),
    ("heads.md", b"# Only\n\n## headings\n", "no talk"),
    ("old.doc", b"x", ".docx"),
    ("page.pdf", b"%PDF", ".docx or .txt"),
    ("noending", b"Anna: hi", "ending"),
    ("strange.xyz", b"Anna: hi", "ending .xyz"),
]


@pytest.mark.parametrize(("name", "data", "words"), BAD, ids=[name for name, *_ in BAD])
def test_bad_files_name_file_and_cure(tmp_path, name, data, words):
    with pytest.raises(BadInput) as error:
        read(tmp_path, name, data)
    assert str(tmp_path / name) in str(error.value) and words in str(error.value) and error.value.cure


def test_missing_folder_and_wrong_encoding(tmp_path):
    (tmp_path / "P01.txt").write_bytes("Anna: Ça va.\n".encode("cp1252"))
    with pytest.raises(BadInput, match="did you mean 'P01.txt'"):
        read_transcript(tmp_path / "PO1.txt")
    with pytest.raises(BadInput, match="folder"):
        read_transcript(tmp_path)
    with pytest.raises(BadInput, match="line 1.*not valid utf-8"):
        read_transcript(tmp_path / "P01.txt", encoding="utf-8")
    assert read_transcript(tmp_path / "P01.txt", encoding="cp1252").warnings == ()


# -- Round trips --------------------------------------------------------------------------------------------------------------
EXTRA = [
    "🚲", "👩‍👩‍👧", "e\u0301", "שלום", "مرحبا", "\u200f", "naïve", ":", "10:30", "Note: x", "I: y",
    "a: b", "&amp;", "x < y", "-", "…", "«ça»", "漢字", "[crosstalk]", "{x}",
]
PLAIN = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Co", "Cn"), exclude_characters="\ufeff<>&")
LETTERS = st.text(PLAIN, min_size=1, max_size=12)
WORDS = st.lists(st.one_of(st.sampled_from(EXTRA), LETTERS), min_size=1, max_size=12).map(" ".join).map(str.strip).filter(bool)
NAMES = st.sampled_from([("Mara", "Anna"), ("Interviewer", "P07"), ("Q", "A"), ("田中", "Ben"), ("Dr. Meier", "Zoë"), ("INT", "Anna Smith", "Ben")])


@st.composite
def dialogues(draw):
    names = draw(NAMES)
    n = draw(st.integers(2 * len(names), 8))
    return [(names[i % len(names)], draw(WORDS)) for i in range(n)]


def as_vtt(talk):
    blocks = [f"{i}\n00:{i:02}:00.000 --> 00:{i:02}:50.000\n<v {s}>{html.escape(w, quote=False)}</v>" for i, (s, w) in enumerate(talk)]
    return "WEBVTT\n\n" + "\n\n".join(blocks) + "\n"


def as_srt(talk):
    return "\n\n".join(f"{i + 1}\n00:{i:02}:00,000 --> 00:{i:02}:50,000\n{s}: {w}" for i, (s, w) in enumerate(talk)) + "\n"


WRITERS = {
    "txt": lambda talk: "\n\n".join(f"{s}: {w}" for s, w in talk).encode(),
    "md": lambda talk: b"# Interview\n\n" + "\n\n".join(f"**{s}:** {w}" for s, w in talk).encode(),
    "docx": lambda talk: docx(*(f"{s}: {w}" for s, w in talk)),
    "vtt": lambda talk: as_vtt(talk).encode(),
    "srt": lambda talk: as_srt(talk).encode("utf-8-sig"),
}


@pytest.mark.parametrize("form", WRITERS)
@given(talk=dialogues())
def test_round_trip(tmp_path, form, talk):
    if form == "srt":  # subtitles read tags and entities as such
        talk = [(s, w) for s, w in talk]
        assume(not any(re.search(r"&\w+;|\{\\", w) for _, w in talk))
    if form == "md":  # a word with stars is not a label's end
        assume(not any(w[:1] in "*_" for _, w in talk))
    got = read(tmp_path, f"P01.{form}", WRITERS[form](talk))
    merged = []
    for speaker, words in talk:
        if merged and merged[-1][0] == speaker and form in ("vtt", "srt"):
            merged[-1] = (speaker, f"{merged[-1][1]} {words}")
        else:
            merged.append((speaker, words))
    assert said(got) == merged
    assert all(0 <= turn.start < turn.end <= len(got.text) for turn in got.turns)


@given(st.binary(max_size=400), st.sampled_from([".txt", ".md", ".vtt", ".srt", ".docx"]))
def test_whatever_the_bytes_a_transcript_or_one_named_error(tmp_path, data, suffix):
    try:
        got = read(tmp_path, "x" + suffix, data)
    except BadInput as error:
        assert "x" + suffix in str(error)
    else:
        assert got.turns and all(got.text[turn.start : turn.end].strip() == got.text[turn.start : turn.end] for turn in got.turns)


@given(st.text(st.sampled_from("aA:\n [](){}#*-_>0123456789.,|Qé田\t"), max_size=200))
def test_turns_never_overlap_nor_leave_the_text(text):
    at = 0
    for turn in split_turns(text):
        assert at <= turn.start < turn.end <= len(text)
        at = turn.end


# -- Real transcripts, read where they are ------------------------------------------------------------------------------------
@pytest.mark.real
def test_the_41_real_transcripts(real_data):
    import pandas as pd

    folder = real_data / "interviews" / "yk-delta-water-end-users"
    manifest = pd.read_csv(folder / "manifest.csv")
    lines = pd.read_csv(folder / "lines_source_order.csv", keep_default_na=False)
    spoken = {key.strip(): " ".join(" ".join(group["Text"]).split()) for key, group in lines.groupby("Interview")}
    assert len(manifest) == 41
    for row in manifest.itertuples():
        got = read_transcript(folder / "transcripts" / row.file)
        assert len(got.turns) == row.turns and set(got.speakers) == set(row.speakers.split("; ")) and not got.warnings
        words = [" ".join(got.text[turn.start : turn.end].split()) for turn in got.turns]
        assert all(piece in spoken[row.source_label.strip()] for piece in words), f"{row.file}: an utterance is not in the source"
