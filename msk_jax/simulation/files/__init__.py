"""The phantom's files: DICOM, zips and tables in UK Biobank's formats, and planted flaws."""
