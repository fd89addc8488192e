-- A study of layout 1, as personabench at 0.1.0 before journey maps wrote it (sqlite3 .dump); application_id is that of a study.
PRAGMA application_id=1885498979;
BEGIN TRANSACTION;
CREATE TABLE assignments (
	assignment_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	source_id INTEGER NOT NULL, 
	coder_id INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	removed INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT status_is_known CHECK (status IN ('assigned', 'reading', 'done')), 
	FOREIGN KEY(source_id) REFERENCES sources (source_id), 
	FOREIGN KEY(coder_id) REFERENCES coders (coder_id)
);
CREATE TABLE attributes (
	attribute_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	case_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	value TEXT, 
	removed INTEGER DEFAULT '0' NOT NULL, 
	FOREIGN KEY(case_id) REFERENCES cases (case_id)
);
CREATE TABLE cases (
	case_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	consent TEXT, 
	withdrawn TEXT, 
	removed INTEGER DEFAULT '0' NOT NULL
);
INSERT INTO "cases" VALUES(1,'P01',NULL,NULL,0);
CREATE TABLE coders (
	coder_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	removed INTEGER DEFAULT '0' NOT NULL
);
INSERT INTO "coders" VALUES(1,'MB','human',0);
CREATE TABLE codes (
	code_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	guid TEXT NOT NULL, 
	name TEXT NOT NULL, 
	parent_id INTEGER, 
	facet TEXT NOT NULL, 
	valence INTEGER, 
	"order" INTEGER, 
	online INTEGER, 
	colour TEXT, 
	definition TEXT, 
	removed INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT facet_is_known CHECK (facet IN ('demographic', 'context', 'behaviour', 'attitude', 'need', 'goal', 'motivation', 'pain', 'gain', 'expectation', 'influence', 'emotion', 'stage', 'touchpoint', 'channel', 'idea', 'other')), 
	CONSTRAINT valence_in_range CHECK (valence BETWEEN -2 AND 2), 
	FOREIGN KEY(parent_id) REFERENCES codes (code_id)
);
INSERT INTO "codes" VALUES(1,'653d839ff43443c796672c9a197eea85','Return',NULL,'stage',NULL,1,NULL,NULL,NULL,0);
INSERT INTO "codes" VALUES(2,'af440c8215174d70936d24b5796f0b33','Dock full',NULL,'pain',NULL,NULL,NULL,NULL,NULL,0);
CREATE TABLE codings (
	coding_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	guid TEXT NOT NULL, 
	source_id INTEGER NOT NULL, 
	revision_id INTEGER NOT NULL, 
	code_id INTEGER NOT NULL, 
	start INTEGER NOT NULL, 
	"end" INTEGER NOT NULL, 
	coder_id INTEGER NOT NULL, 
	origin TEXT NOT NULL, 
	created TEXT NOT NULL, 
	removed INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT origin_is_known CHECK (origin IN ('manual', 'import', 'autocode', 'suggestion', 'adjudicated')), 
	CONSTRAINT span_is_not_empty CHECK ("start" >= 0 AND "end" > "start"), 
	FOREIGN KEY(source_id) REFERENCES sources (source_id), 
	FOREIGN KEY(revision_id) REFERENCES revisions (revision_id), 
	FOREIGN KEY(code_id) REFERENCES codes (code_id), 
	FOREIGN KEY(coder_id) REFERENCES coders (coder_id)
);
INSERT INTO "codings" VALUES(1,'67f787bc8dc740fabefff6147eb78d15',1,1,1,24,60,1,'manual','2026-11-29T14:01:35.551857+00:00',0);
INSERT INTO "codings" VALUES(2,'fb99dc149d6f4a849a6ba8ca80e00334',1,1,2,28,43,1,'manual','2026-11-29T14:01:35.558764+00:00',0);
CREATE TABLE events (
	event_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	time TEXT NOT NULL, 
	coder TEXT NOT NULL, 
	verb TEXT NOT NULL, 
	label TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	undoes INTEGER, 
	changes TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,'2026-11-29T14:01:34.554558+00:00','MB','import','import P01','do',NULL,'[{"table":"sources","ids":[1],"before":{"removed":1},"after":{"removed":0},"note":{"source":"P01"}},{"table":"cases","ids":[1],"before":{"removed":1},"after":{"removed":0},"note":{"case":"P01"}}]');
INSERT INTO "events" VALUES(2,'2026-11-29T14:01:35.541054+00:00','MB','add_code','add code ''Return''','do',NULL,'[{"table":"codes","ids":[1],"before":{"removed":1},"after":{"removed":0},"note":{"code":"Return","facet":"stage"}}]');
INSERT INTO "events" VALUES(3,'2026-11-29T14:01:35.544384+00:00','MB','add_code','add code ''Dock full''','do',NULL,'[{"table":"codes","ids":[2],"before":{"removed":1},"after":{"removed":0},"note":{"code":"Dock full","facet":"pain"}}]');
INSERT INTO "events" VALUES(4,'2026-11-29T14:01:35.555442+00:00','MB','code','code ''Return'' on 36 characters of P01','do',NULL,'[{"table":"codings","ids":[1],"before":{"removed":1},"after":{"removed":0},"note":{"source_id":1,"revision_id":1,"code_id":1,"start":24,"end":60,"coder_id":1,"origin":"manual"}}]');
INSERT INTO "events" VALUES(5,'2026-11-29T14:01:35.560039+00:00','MB','code','code ''Dock full'' on 15 characters of P01','do',NULL,'[{"table":"codings","ids":[2],"before":{"removed":1},"after":{"removed":0},"note":{"source_id":1,"revision_id":1,"code_id":2,"start":28,"end":43,"coder_id":1,"origin":"manual"}}]');
INSERT INTO "events" VALUES(6,'2026-11-29T14:01:35.562872+00:00','MB','add_memo','memo on code Dock full','do',NULL,'[{"table":"memos","ids":[1],"before":{"removed":1},"after":{"removed":0},"note":{"about":"code","target_id":2}}]');
CREATE TABLE members (
	member_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	segmentation_id INTEGER NOT NULL, 
	"case" TEXT NOT NULL, 
	segment TEXT, 
	weight FLOAT, 
	FOREIGN KEY(segmentation_id) REFERENCES segmentations (segmentation_id)
);
CREATE TABLE memos (
	memo_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	guid TEXT NOT NULL, 
	about TEXT NOT NULL, 
	target_id INTEGER, 
	text TEXT NOT NULL, 
	coder_id INTEGER NOT NULL, 
	created TEXT NOT NULL, 
	removed INTEGER DEFAULT '0' NOT NULL, 
	FOREIGN KEY(coder_id) REFERENCES coders (coder_id)
);
INSERT INTO "memos" VALUES(1,'d54bb7dfbecd4ccc88f40b4862d4bfe7','code',2,'Walking: a workaround?',1,'2026-11-29T14:01:35.562249+00:00',0);
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('schema_version','1');
INSERT INTO "meta" VALUES('title','study');
INSERT INTO "meta" VALUES('created','2026-11-29T14:01:34.537115+00:00');
CREATE TABLE revisions (
	revision_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	source_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	length INTEGER NOT NULL, 
	words INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	created TEXT NOT NULL, 
	FOREIGN KEY(source_id) REFERENCES sources (source_id)
);
INSERT INTO "revisions" VALUES(1,1,1,'Mara: How was it?
Anna: The dock was full 🚲 again. I walked.','64aa926b1361bdb5b232553352d71211eff41af72cc54bb41dae8ba4770be0f1',60,12,'import','2026-11-29T14:01:34.545979+00:00');
CREATE TABLE segmentations (
	segmentation_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	survey TEXT, 
	wave TEXT, 
	k INTEGER NOT NULL, 
	verdict TEXT NOT NULL, 
	seed INTEGER, 
	parameters TEXT NOT NULL, 
	data_hash TEXT, 
	created TEXT NOT NULL, 
	removed INTEGER DEFAULT '0' NOT NULL
);
CREATE TABLE sources (
	source_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	guid TEXT NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	language TEXT, 
	date TEXT, 
	imported TEXT NOT NULL, 
	encoding TEXT, 
	format TEXT, 
	file TEXT, 
	file_hash TEXT, 
	revision_id INTEGER, 
	removed INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT kind_is_known CHECK (kind IN ('interview', 'open answer', 'observation', 'review', 'note', 'social post'))
);
INSERT INTO "sources" VALUES(1,'1226648bbc8146d8af269cd183a484e3','P01','interview',NULL,NULL,'2026-11-29T14:01:34.542773+00:00',NULL,NULL,NULL,NULL,1,0);
CREATE TABLE speakers (
	speaker_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	source_id INTEGER NOT NULL, 
	name TEXT, 
	case_id INTEGER, 
	role TEXT NOT NULL, 
	CONSTRAINT role_is_known CHECK (role IN ('participant', 'interviewer', 'other')), 
	FOREIGN KEY(source_id) REFERENCES sources (source_id), 
	FOREIGN KEY(case_id) REFERENCES cases (case_id)
);
INSERT INTO "speakers" VALUES(1,1,'Mara',NULL,'interviewer');
INSERT INTO "speakers" VALUES(2,1,'Anna',1,'participant');
CREATE TABLE surveys (
	survey_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	wave TEXT, 
	imported TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	n INTEGER NOT NULL, 
	weights TEXT, 
	settings TEXT NOT NULL, 
	variables TEXT NOT NULL, 
	data BLOB NOT NULL, 
	removed INTEGER DEFAULT '0' NOT NULL
);
CREATE TABLE turns (
	turn_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	revision_id INTEGER NOT NULL, 
	turn INTEGER NOT NULL, 
	speaker_id INTEGER NOT NULL, 
	start INTEGER NOT NULL, 
	"end" INTEGER NOT NULL, 
	time FLOAT, 
	cues TEXT, 
	FOREIGN KEY(revision_id) REFERENCES revisions (revision_id), 
	FOREIGN KEY(speaker_id) REFERENCES speakers (speaker_id)
);
INSERT INTO "turns" VALUES(1,1,0,1,6,17,NULL,NULL);
INSERT INTO "turns" VALUES(2,1,1,2,24,60,NULL,NULL);
CREATE UNIQUE INDEX sources_unique ON sources (name) WHERE removed = 0;
CREATE UNIQUE INDEX sources_guid ON sources (guid) WHERE removed = 0;
CREATE UNIQUE INDEX cases_unique ON cases (name) WHERE removed = 0;
CREATE UNIQUE INDEX coders_unique ON coders (name) WHERE removed = 0;
CREATE INDEX ix_codes_parent_id ON codes (parent_id);
CREATE UNIQUE INDEX codes_unique ON codes (name) WHERE removed = 0;
CREATE UNIQUE INDEX codes_guid ON codes (guid) WHERE removed = 0;
CREATE UNIQUE INDEX surveys_unique ON surveys (name) WHERE removed = 0;
CREATE UNIQUE INDEX segmentations_unique ON segmentations (name) WHERE removed = 0;
CREATE INDEX events_of_coder ON events (coder, event_id);
CREATE INDEX ix_revisions_source_id ON revisions (source_id);
CREATE INDEX ix_attributes_case_id ON attributes (case_id);
CREATE UNIQUE INDEX attributes_unique ON attributes (case_id, name) WHERE removed = 0;
CREATE INDEX ix_speakers_source_id ON speakers (source_id);
CREATE INDEX ix_speakers_case_id ON speakers (case_id);
CREATE INDEX ix_memos_coder_id ON memos (coder_id);
CREATE UNIQUE INDEX memos_guid ON memos (guid) WHERE removed = 0;
CREATE UNIQUE INDEX assignments_unique ON assignments (source_id, coder_id) WHERE removed = 0;
CREATE INDEX ix_assignments_coder_id ON assignments (coder_id);
CREATE INDEX ix_assignments_source_id ON assignments (source_id);
CREATE INDEX ix_members_segmentation_id ON members (segmentation_id);
CREATE INDEX ix_turns_speaker_id ON turns (speaker_id);
CREATE INDEX ix_turns_revision_id ON turns (revision_id);
CREATE INDEX ix_codings_code_id ON codings (code_id);
CREATE UNIQUE INDEX codings_unique ON codings (revision_id, start, "end", code_id, coder_id) WHERE removed = 0;
CREATE UNIQUE INDEX codings_guid ON codings (guid) WHERE removed = 0;
CREATE INDEX ix_codings_revision_id ON codings (revision_id);
CREATE INDEX ix_codings_coder_id ON codings (coder_id);
CREATE INDEX ix_codings_source_id ON codings (source_id);
CREATE TRIGGER events_stay BEFORE UPDATE ON events WHEN 1 BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER text_stays BEFORE UPDATE OF text, sha256, length ON revisions WHEN NEW.text <> '' BEGIN SELECT RAISE(ABORT, 'the text of a source never changes in place'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events WHEN 1 BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER revisions_remain BEFORE DELETE ON revisions WHEN 1 BEGIN SELECT RAISE(ABORT, 'the text of a source never changes in place'); END;
CREATE TRIGGER events_once BEFORE INSERT ON events WHEN EXISTS (SELECT 1 FROM events WHERE event_id = NEW.event_id) BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER revisions_once BEFORE INSERT ON revisions WHEN EXISTS (SELECT 1 FROM revisions WHERE revision_id = NEW.revision_id) BEGIN SELECT RAISE(ABORT, 'the text of a source never changes in place'); END;
CREATE TRIGGER span_inside_insert BEFORE INSERT ON codings WHEN NEW."end" > (SELECT length FROM revisions WHERE revision_id = NEW.revision_id) BEGIN SELECT RAISE(ABORT, 'the span ends after its text'); END;
CREATE TRIGGER span_inside_update BEFORE UPDATE ON codings WHEN NEW."end" > (SELECT length FROM revisions WHERE revision_id = NEW.revision_id) BEGIN SELECT RAISE(ABORT, 'the span ends after its text'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('sources',1);
INSERT INTO "sqlite_sequence" VALUES('revisions',1);
INSERT INTO "sqlite_sequence" VALUES('speakers',2);
INSERT INTO "sqlite_sequence" VALUES('cases',1);
INSERT INTO "sqlite_sequence" VALUES('turns',2);
INSERT INTO "sqlite_sequence" VALUES('events',6);
INSERT INTO "sqlite_sequence" VALUES('codes',2);
INSERT INTO "sqlite_sequence" VALUES('coders',1);
INSERT INTO "sqlite_sequence" VALUES('codings',2);
INSERT INTO "sqlite_sequence" VALUES('memos',1);
COMMIT;
