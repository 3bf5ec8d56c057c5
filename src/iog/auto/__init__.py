"""Boxes to masks, from one photo to millions: inputs -> plan -> runner -> store -> outputs.

* `methods`: how one box becomes a mask.
* `inputs`: files of boxes -> a list of items.
* `plan`: items and settings -> shards, and the hash that names both.
* `store`: finished shards on disk, each whole or absent; `lock` keeps a second run away.
* `runner`: works through the shards that are missing.
* `outputs`: COCO, YOLO, PNG and Parquet from finished shards.
"""
