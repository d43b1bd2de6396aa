"""The figures of the stage `loci`."""
