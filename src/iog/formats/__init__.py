"""Labels of other tools: one file a format, reader and writer side by side.

A reader yields `records.Picture`s, photos as the file states them with their annotations; a writer takes the
same. In between stand `matching`, which finds the photo that a file means, and `account`, which says what was
read, made and left out. Readers never raise for one bad annotation or one odd file of many: they leave it out
with a line in the account. They open no photo and draw no mask; `Shape.patch` does so when a size is known.

A new format is one file with `read(source, account) -> Dataset` and `write(dataset, folder, account, ...)`,
and one line in `table`.
"""
