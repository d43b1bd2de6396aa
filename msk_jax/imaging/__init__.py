"""Zips, DICOM files and radiographs to views, arrays and the image store.

What holds:

- Files from outside are untrusted. Members are read one by one with caps on size and ratio, nothing is extracted,
  headers are checked before pixels. pydicom, GDCM and Pillow run in a child process: a crash costs one image.
- Every refused or doubtful image has a reason (`quality.py`), under a pseudonym in `qc/images.csv`. To find the zip
  of a pseudonym, compute `io.privacy.pseudonym(name, load_key(workdir))` over the names.
- A picture's values become grey through a table of all 2^16 words. What the DICOM header asks for, or the depth of
  the content (`bit_depth.py`), fills it. So a picture of 64 million pixels takes under .9 GB in a worker and its
  decoder together. Unsigned 8-bit files of the scanner's own protocols keep their bytes whatever window their header
  has.
- Equal pictures (before left ones are mirrored) of several people, sides or visits are doubted (`same_pictures.py`),
  and their people are in one fold (`preparation/same_people.py`).
- `images/.parts/` keeps what each finished unit of work gave (with zip names: individual-level data). Only new or
  changed zips are read again. A withdrawn participant's images are cut from their shards.
- Zips of one visit and array must be equal, byte for byte, else none is read. An image that a zip holds twice counts
  once.
"""
