"""Zips, DICOM files and radiographs to views, arrays and the image store."""
