"""The annotator: a page in the browser where three clicks outline an object, and nothing is lost.

`store` keeps the project file, `photos` reads pictures, `work` is what a person did to one object,
`workbench` turns work into masks, `server` and `guard` speak HTTP, `exchange` reads and writes formats.
"""
