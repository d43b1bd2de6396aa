"""The hierarchy of ensembles: from model names to elastic nets on predictions."""
