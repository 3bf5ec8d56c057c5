BEGIN TRANSACTION;
CREATE TABLE objects (
    id INTEGER PRIMARY KEY,
    photo INTEGER NOT NULL REFERENCES photos(id),
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,              -- which step holds now
    touched REAL NOT NULL                   -- seconds since 1970
);
INSERT INTO "objects" VALUES(1,1,2,1,1.79587774227795505524e+09);
INSERT INTO "objects" VALUES(2,1,2,1,1.79587774227475166317e+09);
CREATE TABLE photos (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,              -- relative to the photo folder, with forward slashes
    sort TEXT NOT NULL,                     -- path with padded numbers: photo 2 before photo 10
    sha256 TEXT,                            -- of the file, once it was opened
    bytes INTEGER,
    width INTEGER,                          -- upright
    height INTEGER,
    done INTEGER NOT NULL DEFAULT 0,
    present INTEGER NOT NULL DEFAULT 1,     -- 0: the file has gone from the folder
    problem TEXT                            -- why it cannot be opened
);
INSERT INTO "photos" VALUES(1,'a.png','a.png',NULL,NULL,NULL,NULL,0,1,NULL);
INSERT INTO "photos" VALUES(2,'b.png','b.png',NULL,NULL,NULL,NULL,0,1,NULL);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "settings" VALUES('labels','["cat", "dog"]');
CREATE TABLE steps (
    object INTEGER NOT NULL REFERENCES objects(id),
    position INTEGER NOT NULL,
    label TEXT NOT NULL,
    state TEXT NOT NULL,
    work TEXT NOT NULL,                     -- clicks, strokes, switches as JSON
    mask TEXT,                              -- box and COCO run lengths as JSON; NULL: not computed yet
    confidence REAL,
    PRIMARY KEY (object, position)
) WITHOUT ROWID;
INSERT INTO "steps" VALUES(1,0,'cat','accepted','{"clicks": null, "strokes": [], "largest": false, "fill": false, "spare": false, "imported": {"box": [2, 3, 7, 7], "rle": {"size": [4, 5], "counts": "0d0"}}}','{"box": [2, 3, 7, 7], "rle": {"size": [4, 5], "counts": "0d0"}}',0.5);
INSERT INTO "steps" VALUES(1,1,'dog','deleted','{"clicks": null, "strokes": [], "largest": false, "fill": false, "spare": false, "imported": {"box": [2, 3, 7, 7], "rle": {"size": [4, 5], "counts": "0d0"}}}','{"box": [2, 3, 7, 7], "rle": {"size": [4, 5], "counts": "0d0"}}',0.5);
INSERT INTO "steps" VALUES(2,0,'dog','draft','{"clicks": {"corners": [[0, 0], [9, 9]], "inside": null, "corrections": []}, "strokes": [], "largest": false, "fill": false, "spare": true, "imported": null}',NULL,NULL);
INSERT INTO "steps" VALUES(2,1,'dog','draft','{"clicks": {"corners": [[0, 0], [9, 9]], "inside": [5, 5], "corrections": []}, "strokes": [], "largest": false, "fill": false, "spare": true, "imported": null}','{"box": [2, 3, 7, 7], "rle": {"size": [4, 5], "counts": "0d0"}}',0.9);
CREATE TABLE timings (                      -- also of steps that were undone
    id INTEGER PRIMARY KEY,
    object INTEGER NOT NULL REFERENCES objects(id),
    kind TEXT NOT NULL,
    at REAL NOT NULL,                       -- seconds since 1970
    seconds REAL NOT NULL                   -- of the person, since the step before
);
INSERT INTO "timings" VALUES(1,1,'import',1.79587774226805067063e+09,0.0);
INSERT INTO "timings" VALUES(2,2,'corners',1.7958777422707417011e+09,2.0);
INSERT INTO "timings" VALUES(3,2,'inside',1.79587774227474355698e+09,1.0);
INSERT INTO "timings" VALUES(4,1,'delete',1.79587774227794885629e+09,1.0);
CREATE INDEX photos_in_order ON photos(present, sort);
CREATE INDEX objects_of_photo ON objects(photo);
CREATE INDEX timings_of_object ON timings(object);
COMMIT;
PRAGMA application_id = 1229932337;
PRAGMA user_version = 1;
